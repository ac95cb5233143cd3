import Foundation
import LocalLearning

extension ConformanceCase.Settings {
    /// Channels, height and width.
    var extents: [Int] {
        input.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    }
}

extension ConformanceCase {
    /// The first value that no case can hold: a size that cannot be computed with, an invalid
    /// number, or a list that does not fit the settings. Nil for a sound case.
    var problem: String? {
        let extents = settings.extents
        let (batch, classes) = (settings.batch, settings.classes)
        guard extents.count == 3, extents.allSatisfy((1...4096).contains) else {
            return "its input \(settings.input) is not CHANNELSxHEIGHTxWIDTH, each from 1 to 4096"
        }
        guard (2...4096).contains(batch) else { return "its batch \(batch) is not from 2 to 4096" }
        guard extents.reduce(batch, *) <= 1 << 28 else {
            return "a batch of \(batch) images of \(settings.input) is too large"
        }
        guard (1...65536).contains(classes) else {
            return "its \(classes) classes are not from 1 to 65536"
        }
        guard settings.steps == steps.count else {
            return "it states \(settings.steps) steps, and the losses of \(steps.count)"
        }
        guard evalLogits.count == batch, evalLogits.allSatisfy({ $0.count == classes }) else {
            return "its logits are not \(classes) for each of \(batch) images"
        }
        let numbers: [(String, Double, ClosedRange<Double>)] = [
            ("lr", settings.lr, 1e-30...1e30), ("momentum", settings.momentum, 0...1),
            ("weight_decay", settings.weight_decay, 0...1e30),
            ("temperature", Double(settings.temperature), 1e-30...1e30),
            ("label_smoothing", Double(settings.label_smoothing), 0...1),
        ]
        for (name, value, range) in numbers where !range.contains(value) {
            return "its \(name) \(value) is not from \(range.lowerBound) to \(range.upperBound)"
        }
        return nil
    }

    /// The fault of the JSON, in one line.
    static func summary(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "it is not JSON" }
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
            return path.isEmpty ? "the whole" : "'\(path.joined(separator: "."))'"
        }
        switch error {
        case .keyNotFound(let key, let context):
            let parent = context.codingPath.isEmpty ? "" : " in \(place(context))"
            return "'\(key.stringValue)' is missing\(parent)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(place(context)) has another type"
        case .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else {
                return "it is not JSON, or a number has another type"
            }
            return "\(place(context)) has an invalid value"
        @unknown default: return "it cannot be read"
        }
    }
}
