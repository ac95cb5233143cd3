import Foundation
import LocalLearning
import Randomness
import Tensors

/// A training run stated by the oracle (`Tests/Fixtures/lls_oracle.py`) in float64, with the
/// distance at which PyTorch's own float32 lands from it.
public struct ConformanceCase: Decodable, Sendable {
    struct Settings: Decodable {
        let model, training_mode, input, optimizer, waveform: String
        let classes, batch, steps: Int
        let seed: UInt64
        let lr, momentum, weight_decay: Double
        let temperature, label_smoothing: Float
        /// One a class; nil, as in cases that are older than they, without weights.
        let class_weights: [Float]?
    }

    struct StatedTensor: Decodable {
        let shape: [Int]
        let l2: Double
        let head: [Double]
        let float32_deviation: Double
    }

    struct Deviation: Decodable {
        let losses, eval_logits: Double
    }

    /// For messages: its file.
    private var name = ""
    let settings: Settings
    let steps, evalLogits: [[Double]]
    let tensors: [String: StatedTensor]
    let deviation: Deviation

    enum CodingKeys: String, CodingKey {
        case settings = "case"
        case steps, tensors
        case evalLogits = "eval_logits"
        case deviation = "float32_deviation"
    }

    /// - Throws: ``ConformanceError`` if the text is not a case.
    public init(json: Data, name: String) throws {
        do {
            self = try JSONDecoder().decode(ConformanceCase.self, from: json)
        } catch {
            throw ConformanceError(
                description: "\(name) is not a case of the oracle: \(Self.summary(error))")
        }
        self.name = name
        if let problem {
            throw ConformanceError(description: "\(name) is not a case of the oracle: \(problem)")
        }
    }
}

/// A case is damaged, or asks for a rule, model or optimizer that is unknown here.
public struct ConformanceError: Error, CustomStringConvertible {
    /// One line that names the case and its fault.
    public let description: String
}

/// How far a backend landed from a case, and how far it may land.
public struct ConformanceResult: Sendable {
    /// A deviation, and the largest allowed: 2·10⁻⁵, or ten times that of PyTorch's float32.
    public struct Measure: Sendable {
        /// The largest deviation found, and the largest allowed.
        public let deviation, allowed: Double

        init(_ deviation: Double, float32: Double) {
            self.deviation = deviation
            allowed = max(2e-5, 10 * float32)
        }

        /// NaN never passes.
        public var passed: Bool { deviation <= allowed }
        /// Deviation over the largest allowed: at most 1 passes.
        public var ratio: Double { deviation / allowed }
    }

    /// The measures of all losses, and of the logits after the last step.
    public let loss, logits: Measure
    /// The name of the tensor that lands farthest.
    public let worstTensor: String
    /// Deviation of the worst tensor, relative to its root mean square.
    public let tensor: Measure
    /// Whether all three are allowed.
    public var passed: Bool { loss.passed && logits.passed && tensor.passed }
}

extension ConformanceCase {
    /// Runs the case on a backend.
    ///
    /// - Throws: ``ConformanceError`` if its rule, model or optimizer is not known here, or cannot be
    ///   put together.
    public func run(on backend: any Backend) throws -> ConformanceResult {
        do { return try land(on: backend) } catch let error as ArchitectureError {
            throw ConformanceError(description: "\(name) cannot be run: \(error)")
        } catch let error as OptimizerSettingsError {
            throw ConformanceError(description: "\(name) cannot be run: \(error)")
        }
    }

    private func land(on backend: any Backend) throws -> ConformanceResult {
        let extents = settings.extents
        let input: Shape = [extents[1], extents[2], extents[0]]
        let rule = try named(settings.training_mode, among: RuleCatalog.all, by: \.name)
        let localLoss = LocalLossSettings(
            waveform: try named(settings.waveform, among: Waveform.allCases, by: \.rawValue),
            crossEntropy: CrossEntropyOptions(
                temperature: settings.temperature, labelSmoothing: settings.label_smoothing))
        let network = try Network(
            unset: NetworkDescription(
                try named(settings.model, among: ModelCatalog.all, by: \.name), input: input,
                classes: settings.classes, rule: rule,
                NetworkOptions(localLoss: localLoss, classWeights: settings.class_weights)),
            batch: settings.batch, on: backend)
        for parameter in network.parameters {
            try parameter.set(
                OracleStream.initialValue(parameter.description, seed: settings.seed))
        }
        let kind = try named(settings.optimizer, among: OptimizerCatalog.all, by: \.name)
        let optimizers = try network.groups.map {
            try kind.make(
                for: $0,
                OptimizerSettings(
                    learningRate: settings.lr, momentum: settings.momentum,
                    weightDecay: settings.weight_decay))
        }

        let ring = try LossBuffer(capacity: 1, losses: network.lossNames.count, on: backend)
        var losses: [[Float]] = []
        for step in 0..<settings.steps {
            try load(step: step, into: network, input)
            try network.step(batch: settings.batch, optimizers, losses: ring.next())
            losses += try ring.drain()
        }
        for optimizer in optimizers { try optimizer.move(to: .evaluation) }
        try load(step: settings.steps, into: network, input)
        let logits = try backend.read(try network.infer(batch: settings.batch))

        let worst = try worstTensor(of: network)
        return ConformanceResult(
            loss: .init(
                largestDeviation(losses.flatMap { $0 }, steps.flatMap { $0 }),
                float32: deviation.losses),
            logits: .init(
                largestDeviation(logits, evalLogits.flatMap { $0 }),
                float32: deviation.eval_logits),
            worstTensor: worst.name, tensor: worst.measure)
    }

    /// The batch of `step`, from the oracle's streams: images in [−1, 1), channels last.
    private func load(step: Int, into network: Network, _ input: Shape) throws {
        let batch = settings.batch
        let (pixels, channels) = (input[0] * input[1], input[2])
        let source = OracleStream(seed: settings.seed, name: "input.\(step)")
        var images = [Float](repeating: 0, count: batch * input.count)
        for image in 0..<batch {
            for pixel in 0..<pixels {
                for channel in 0..<channels {
                    let value = source.uniform((image * channels + channel) * pixels + pixel)
                    images[(image * pixels + pixel) * channels + channel] = value * 2 - 1
                }
            }
        }
        let labels = OracleStream(seed: settings.seed, name: "labels.\(step)").uniforms(batch)
            .map { Int32($0 * Float(settings.classes)) }
        try network.backend.upload(images, to: network.images)
        try labels.withUnsafeBytes { try network.backend.upload($0, to: network.labels) }
    }

    /// Every stated tensor's length and first elements, against the network's.
    private func worstTensor(
        of network: Network
    ) throws -> (name: String, measure: ConformanceResult.Measure) {
        var worst: (name: String, measure: ConformanceResult.Measure) = ("", .init(0, float32: 0))
        var missing = Set(tensors.keys)
        for parameter in network.parameters {
            let name = parameter.description.name
            guard let stated = tensors[name] else { continue }
            missing.remove(name)
            let values = try parameter.values().map(Double.init)
            guard parameter.description.fileShape.dimensions == stated.shape else {
                throw ConformanceError(
                    description: """
                        \(self.name) does not fit: \(name) is \
                        \(parameter.description.fileShape) here and \(stated.shape) in the case
                        """)
            }
            let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let scale = stated.l2 / Double(values.count).squareRoot() + 1e-30
            let squares = zip(values, stated.head).reduce(0) { sum, pair in
                sum + (pair.0 - pair.1) * (pair.0 - pair.1)
            }
            let head = (squares / Double(max(stated.head.count, 1))).squareRoot() / scale
            let whole = abs(length - stated.l2) / (stated.l2 + 1e-30)
            let measure = ConformanceResult.Measure(
                head >= whole ? head : whole, float32: stated.float32_deviation)
            if worst.name.isEmpty || !(measure.ratio <= worst.measure.ratio) {
                worst = (name, measure)
            }
        }
        guard missing.isEmpty else {
            throw ConformanceError(
                description: """
                    \(name) does not fit: unknown tensors \
                    \(missing.sorted().joined(separator: ", "))
                    """)
        }
        return worst
    }

    /// NaN if any element is NaN, or if the counts differ.
    private func largestDeviation(_ values: [Float], _ stated: [Double]) -> Double {
        guard values.count == stated.count else { return .nan }
        return zip(values, stated).reduce(0) { largest, pair in
            let deviation = abs(Double(pair.0) - pair.1)
            return deviation <= largest ? largest : deviation
        }
    }

    private func named<Entry>(
        _ name: String, among entries: [Entry], by key: (Entry) -> String
    ) throws -> Entry {
        guard let found = entries.first(where: { key($0) == name }) else {
            throw ConformanceError(
                description: "\(self.name) cannot be run: unknown name '\(name)'")
        }
        return found
    }
}
