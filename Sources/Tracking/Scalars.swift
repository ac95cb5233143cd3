import Foundation
import Runs

/// What a record is of.
enum RecordKind: String, CaseIterable, Sendable {
    /// Some steps within an epoch.
    case steps
    /// A whole epoch's training.
    case train
    case test

    init(_ record: MetricsRecord) {
        switch record.split {
        case .test: self = .test
        case .train: self = record.steps == nil ? .train : .steps
        }
    }
}

/// One value of a record.
package struct Scalar: Equatable, Sendable {
    package let name: String
    package let value: Double

    package init(name: String, value: Double) {
        self.name = name
        self.value = value
    }
}

extension MetricsRecord {
    private enum Quantity { case loss, top1, top5, learningRate, imagesPerSecond, peakBytes }

    private var quantities: [(Quantity, Double)] {
        let all: [(Quantity, Double?)] = [
            (.loss, loss), (.top1, top1), (.top5, top5), (.learningRate, learningRate),
            (.imagesPerSecond, imagesPerSecond), (.peakBytes, peakBytes.map(Double.init)),
        ]
        return all.compactMap { quantity, value in value.map { (quantity, $0) } }
    }

    private var blocks: [(name: String, value: Double)] {
        (blockLosses ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Its values under TensorBoard's kind of tags: `train/loss`, `test/top1`, `learning_rate`,
    /// `block_loss/conv1`; what is the mean of some steps, `steps/loss`.
    package var tensorBoardScalars: [Scalar] {
        let kind = RecordKind(self)
        let own = kind == .train ? "" : "\(kind.rawValue)/"
        let scalars = quantities.map { quantity, value in
            let name =
                switch quantity {
                case .loss: "\(kind.rawValue)/loss"
                case .top1: "\(kind.rawValue)/top1"
                case .top5: "\(kind.rawValue)/top5"
                case .learningRate: own + "learning_rate"
                case .imagesPerSecond: own + "images_per_second"
                case .peakBytes: own + "peak_bytes"
                }
            return Scalar(name: name, value: value)
        }
        return scalars + blocks.map { Scalar(name: own + "block_loss/\($0.name)", value: $0.value) }
    }

    /// Its values under the names by which the published program logs them, `loss_train`, `acc_test`,
    /// `acc_test_top5`, and others of that kind; what is the mean of some steps ends in `_step`.
    package var mlflowScalars: [Scalar] {
        let kind = RecordKind(self)
        let split = split.rawValue
        let end = kind == .steps ? "_step" : ""
        let own = kind == .test ? "_test" : end
        let scalars = quantities.map { quantity, value in
            let name =
                switch quantity {
                case .loss: "loss_\(split)\(end)"
                case .top1: "acc_\(split)\(end)"
                case .top5: "acc_\(split)_top5\(end)"
                case .learningRate: "learning_rate\(own)"
                case .imagesPerSecond: "images_per_second\(own)"
                case .peakBytes: "peak_bytes\(own)"
                }
            return Scalar(name: name, value: value)
        }
        return scalars
            + blocks.map {
                Scalar(name: "block_loss\(own)/\(Self.mlflowName($0.name))", value: $0.value)
            }
    }

    /// A block's name with the characters that MLflow takes, and no longer than it takes.
    private static func mlflowName(_ name: String) -> String {
        let allowed = name.unicodeScalars.map { scalar -> Character in
            let isPlain =
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || "_-. ".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        return String(allowed.prefix(200))
    }

    /// The step that MLflow shows a record at: its epoch, as the published program does, but counted
    /// from 1; of some steps within an epoch, the run's steps.
    package var mlflowStep: Int { steps == nil ? epoch : step }
}

extension RunConfiguration {
    /// Every value that is set, by the names under which the published program logs them.
    var mlflowParameters: [String: String] {
        var values = texts
        values[.milestones] = milestones.map(String.init).joined(separator: ",")
        var parameters: [String: String] = [:]
        for (key, value) in values { parameters[key.mlflowName] = value }
        return parameters
    }
}

extension RunConfiguration.CodingKeys {
    /// The name under which the published program logs it.
    var mlflowName: String {
        switch self {
        case .lr: "learning_rate"
        case .epochs: "num_epochs"
        case .rule: "training_mode"
        default: rawValue.replacingOccurrences(of: "-", with: "_")
        }
    }
}
