import Datasets
import FileFormats
import Foundation
import LocalLearning
import Runs
import Yams

/// What each class weighs in the losses, from `balanced`, a file, or the text that a run keeps.
enum ClassWeightOption {
    static let balanced = "balanced"
    private static let key = RunConfiguration.CodingKeys.classWeights.rawValue
    private static let maxSize = 1 << 20

    /// The setting with the weights in place of the file that they were in: a run keeps them.
    ///
    /// - Throws: `FileError`; ``ConfigurationError`` for what is no mapping of names to numbers.
    static func settled(_ setting: String?) throws -> String? {
        guard let setting, setting != balanced, !setting.hasPrefix("{") else { return setting }
        let bytes = try readFile(setting, limit: maxSize)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(path: setting, reason: "the file is not UTF-8 text")
        }
        try PlainYAML.check(text, path: setting)
        let weights: [String: Double]
        do { weights = try YAMLDecoder().decode([String: Double].self, from: text) } catch {
            throw ConfigurationError(
                path: setting, reason: "expected lines of 'CLASS: WEIGHT', each class once")
        }
        return try JSONText.line(weights)
    }

    /// The weights in the order of the classes; nil if all weigh the same.
    ///
    /// - Parameter limit: the training samples that are used, nil for all.
    /// - Throws: ``ConfigurationError`` if a class has no weight, or a weight no class.
    static func values(
        _ setting: String?, for dataset: ImageDataset, limit: Int?
    ) throws(ConfigurationError) -> [Float]? {
        guard let setting else { return nil }
        let names = dataset.classNames
        if setting == balanced {
            let counts = dataset.trainingCounts(limit: limit)
            let total = Double(counts.reduce(0, +))
            // As scikit-learn: each class weighs as much as any other. A class without samples needs
            // some weight.
            return counts.map { Float(total / (Double(names.count) * Double(max($0, 1)))) }
        }
        guard let given = try? JSONDecoder().decode([String: Double].self, from: Data(setting.utf8))
        else {
            throw ConfigurationError(key: key, reason: "expected balanced or a file")
        }
        let unknown = given.keys.filter { !names.contains($0) }.sorted()
        if let first = unknown.first {
            throw ConfigurationError(
                key: key,
                reason: "unknown class '\(first.legible)': the data has "
                    + names.prefix(8).map(\.legible).joined(separator: ", "))
        }
        return try names.map { name throws(ConfigurationError) in
            guard let weight = given[name] else {
                throw ConfigurationError(
                    key: key, reason: "no weight of class '\(name.legible)'")
            }
            let narrow = Float(weight)
            let allowed = NetworkOptions.classWeightRange
            guard allowed.contains(narrow) else {
                throw ConfigurationError(
                    key: key,
                    reason:
                        "\(weight) of class '\(name.legible)' is not allowed: it must be from "
                        + "\(allowed.lowerBound) to \(allowed.upperBound)")
            }
            return narrow
        }
    }
}
