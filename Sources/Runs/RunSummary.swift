import FileFormats
import Foundation

/// What a list of runs says about one of them.
public struct RunSummary: Sendable, Equatable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        /// A live process trains in the folder.
        case running
        case completed, stopped, diverged, failed
        /// Nothing says how it ended: most likely it was killed.
        case unknown
    }

    public let folder: RunFolder
    public let status: Status
    /// Why the run ended early, if it did.
    public let reason: String?
    /// Nil if it cannot be read.
    public let configuration: RunConfiguration?
    /// Epochs that were completed.
    public let epochs: Int
    /// Percent of the test images: after the last epoch, and after the best.
    public let testTop1, bestTop1: Double?
    public let bestEpoch: Int?
    public let testTop5: Double?
    public let testLoss: Double?
    public let imagesPerSecond: Double?
    public let peakBytes: Int?
    public let skippedImages: Int?
    /// Of training, in all.
    public let seconds: Double?
    /// ISO 8601 in UTC: when the run was started or, if its files do not say so, when its configuration was
    /// last written.
    public let date: String?
    /// What is wrong with the folder.
    public let problems: [String]

    public init(_ contents: RunContents) {
        folder = contents.folder
        configuration = contents.configuration
        problems = contents.problems
        let tests = contents.epochs.filter { $0.split == .test }
        let result = contents.outcome?.result
        let last = tests.last
        let completed = last?.epoch ?? result?.epochs ?? 0
        epochs = completed
        testTop1 = last?.top1 ?? result?.testTop1
        testTop5 = last?.top5 ?? result?.testTop5
        testLoss = last?.loss ?? result?.testLoss
        let best = tests.max { ($0.top1 ?? -.infinity) < ($1.top1 ?? -.infinity) }
        bestTop1 = best?.top1 ?? result?.testTop1
        bestEpoch = best?.top1 == nil ? nil : best?.epoch
        seconds = contents.epochs.last?.seconds
        skippedImages = result?.skippedImages
        // A run that went on and was killed has the result of the time before.
        let isOutdated = contents.outcome.map { ($0.result?.epochs ?? 0) < completed } ?? true
        let measured = contents.epochs.last { $0.split == .train }
        imagesPerSecond =
            (isOutdated ? nil : result?.imagesPerSecond) ?? measured?.imagesPerSecond
        peakBytes =
            [result?.peakBytes, contents.epochs.compactMap(\.peakBytes).max()]
            .compactMap { $0 }.max()
        if contents.isRunning {
            status = .running
            reason = nil
        } else if let outcome = contents.outcome, !isOutdated {
            status = Status(rawValue: outcome.status.rawValue) ?? .unknown
            reason = outcome.reason
        } else {
            status = .unknown
            reason = nil
        }
        date = contents.environment?.date ?? Self.modified(contents.folder)
    }

    /// A folder of which nothing can be read.
    public init(unreadable folder: RunFolder, problem: String) {
        self.folder = folder
        status = .unknown
        (reason, configuration, epochs) = (nil, nil, 0)
        (testTop1, bestTop1, bestEpoch, testTop5, testLoss) = (nil, nil, nil, nil, nil)
        (imagesPerSecond, peakBytes, skippedImages, seconds) = (nil, nil, nil, nil)
        date = Self.modified(folder)
        problems = [problem.split(separator: "\n").first.map(String.init) ?? problem]
    }

    private static func modified(_ folder: RunFolder) -> String? {
        let paths = [folder.configurationFile, folder.path]
        let status = paths.lazy.compactMap { try? FileSystem.status(of: $0) }.first
        return status.map {
            Date(timeIntervalSince1970: Double($0.modified)).formatted(.iso8601)
        }
    }
}

// MARK: Keys

extension RunSummary {
    /// What a run has reached, by the names of `result.json`.
    public enum ResultKey: String, CaseIterable, Sendable {
        case run, status, date
        case epochsDone = "epochs_done"
        case testTop1 = "test_top1"
        case bestTop1 = "best_top1"
        case bestEpoch = "best_epoch"
        case testTop5 = "test_top5"
        case testLoss = "test_loss"
        case imagesPerSecond = "images_per_second"
        case peakBytes = "peak_bytes"
        case skippedImages = "skipped_images"
        case seconds
    }

    /// Everything that runs can be sorted and chosen by.
    public static let keys =
        ResultKey.allCases.map(\.rawValue) + RunConfiguration.CodingKeys.allCases.map(\.rawValue)

    /// The text of a value; nil if the run has none.
    public func value(of key: String) -> String? {
        func text(_ value: (some CustomStringConvertible)?) -> String? { value?.description }
        if let key = RunConfiguration.CodingKeys(rawValue: key) {
            return configuration?.settings[key]
        }
        guard let key = ResultKey(rawValue: key) else { return nil }
        return switch key {
        case .run: folder.path
        case .status: status.rawValue
        case .date: date
        case .epochsDone: text(epochs)
        case .testTop1: text(testTop1)
        case .bestTop1: text(bestTop1)
        case .bestEpoch: text(bestEpoch)
        case .testTop5: text(testTop5)
        case .testLoss: text(testLoss)
        case .imagesPerSecond: text(imagesPerSecond)
        case .peakBytes: text(peakBytes)
        case .skippedImages: text(skippedImages)
        case .seconds: text(seconds)
        }
    }
}

extension RunConfiguration {
    /// The text of every value that is set, lists with commas between their elements.
    public var settings: [CodingKeys: String] {
        var settings = texts
        settings[.milestones] = milestones.map(String.init).joined(separator: ", ")
        return settings
    }
}

extension RunSummary: Encodable {
    private enum CodingKeys: String, CodingKey {
        case run, status, reason, date, epochs, rule, model, dataset, seconds, problems
        case epochsDone = "epochs_done"
        case testTop1 = "test_top1"
        case bestTop1 = "best_top1"
        case bestEpoch = "best_epoch"
        case testTop5 = "test_top5"
        case testLoss = "test_loss"
        case imagesPerSecond = "images_per_second"
        case peakBytes = "peak_bytes"
        case skippedImages = "skipped_images"
    }

    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(folder.path, forKey: .run)
        try object.encode(status, forKey: .status)
        try object.encodeIfPresent(reason, forKey: .reason)
        try object.encodeIfPresent(date, forKey: .date)
        try object.encode(epochs, forKey: .epochsDone)
        try object.encodeIfPresent(configuration?.epochs, forKey: .epochs)
        try object.encodeIfPresent(configuration?.rule, forKey: .rule)
        try object.encodeIfPresent(configuration?.model, forKey: .model)
        try object.encodeIfPresent(configuration?.dataset, forKey: .dataset)
        try object.encodeIfPresent(testTop1, forKey: .testTop1)
        try object.encodeIfPresent(bestTop1, forKey: .bestTop1)
        try object.encodeIfPresent(bestEpoch, forKey: .bestEpoch)
        try object.encodeIfPresent(testTop5, forKey: .testTop5)
        try object.encodeIfPresent(testLoss, forKey: .testLoss)
        try object.encodeIfPresent(imagesPerSecond, forKey: .imagesPerSecond)
        try object.encodeIfPresent(peakBytes, forKey: .peakBytes)
        try object.encodeIfPresent(skippedImages, forKey: .skippedImages)
        try object.encodeIfPresent(seconds, forKey: .seconds)
        if !problems.isEmpty { try object.encode(problems, forKey: .problems) }
    }
}
