import Foundation

/// A training run that the paper published (arXiv 2405.15868, tables 1 to 3).
public struct Experiment: Decodable, Hashable, Sendable {
    /// `Table 1`
    public let table: String
    /// Published names.
    public let dataset, model, rule, optimizer: String
    /// Nil where the rule has no basis.
    public let waveform: String?
    public let epochs, batchSize, testBatchSize: Int
    public let learningRate: Double
    /// Where the published command could not run as it stood, and why this one can.
    public let note: String?

    private enum CodingKeys: String, CodingKey {
        case table, dataset, model
        case rule = "training-mode"
        case waveform
        case epochs = "num-epochs"
        case learningRate = "lr"
        case batchSize = "batch-size"
        case testBatchSize = "test-batch-size"
        case optimizer, note
    }

    /// The published command line, in its own spelling, behind the program's name.
    public var arguments: [String] {
        let flags: [(CodingKeys, String?)] = [
            (.dataset, dataset), (.model, model), (.rule, rule), (.waveform, waveform),
            (.epochs, "\(epochs)"), (.learningRate, "\(learningRate)"),
            (.batchSize, "\(batchSize)"), (.testBatchSize, "\(testBatchSize)"),
            (.optimizer, optimizer),
        ]
        return flags.flatMap { key, value in value.map { ["--\(key.rawValue)", $0] } ?? [] }
    }

    /// All 58, in the order of the paper's tables.
    ///
    /// - Throws: `DecodingError` where the list that this package carries is damaged.
    public static func published() throws -> [Experiment] {
        try JSONDecoder().decode(
            [Experiment].self, from: Data(PackageResources.experiments_json))
    }
}
