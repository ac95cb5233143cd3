import FileFormats
import Randomness
import Tensors

/// A model on a backend: its blocks, its classifier, and the memory of one step, planned once for
/// the largest batch. Nothing allocates after that.
public final class Network {
    /// A stage at work.
    public enum Unit {
        case block(any Block, head: (any BlockHead)?)
        case maxPool(input: Shape)
        /// Means of 2×2 windows, as a depthwise convolution whose weights are all ¼.
        case meanPool(ConvolutionGeometry, weights: Tensor)
        case averagePool(input: Shape, size: Int)
        case dropout(shape: Shape)
    }

    public let architecture: Architecture
    /// What teaches it. Memory and heads are planned for this rule alone.
    public let rule: any LearningRule
    public let inputShape: Shape
    public let classes, batchCapacity: Int
    public let backend: any Backend
    public let units: [Unit]
    public let classifier: Classifier
    /// `[batchCapacity]`: what a step reads, besides ``images``.
    public let labels: Tensor
    /// Batches that have moved the running statistics.
    public internal(set) var statisticsUpdates = 0

    private let memory: StepMemory
    private let dropout: Float
    private let seed: UInt64

    /// A network whose parameters hold their initial values, drawn from `seed`.
    ///
    /// - Parameters:
    ///   - inputShape: `[height, width, channels]` of one sample.
    ///   - pooling: of the 2×2 pools between blocks.
    ///   - dropout: the probability at every dropout of the architecture.
    ///   - seed: of initial values and dropout.
    /// - Throws: ``ArchitectureError`` if the layers do not allow that input, or the rule that
    ///   architecture; what the device throws, out of memory before all.
    public convenience init(
        _ architecture: Architecture, input inputShape: Shape, classes: Int, batch: Int,
        rule: any LearningRule, settings: LocalLossSettings = LocalLossSettings(),
        pooling: Pooling = .max, dropout: Float = 0, seed: UInt64 = 0, on backend: any Backend
    ) throws {
        try self.init(
            unset: architecture, input: inputShape, classes: classes, batch: batch, rule: rule,
            settings: settings, pooling: pooling, dropout: dropout, seed: seed, on: backend)
        for parameter in parameters + projections {
            try parameter.initialize(seed: seed, on: backend)
        }
    }

    /// A network whose parameters are those of a weights file; nothing is drawn.
    ///
    /// - Throws: what ``load(_:)`` throws, besides what the drawing initialiser throws.
    public convenience init(
        _ architecture: Architecture, input inputShape: Shape, classes: Int, batch: Int,
        rule: any LearningRule, settings: LocalLossSettings = LocalLossSettings(),
        pooling: Pooling = .max, dropout: Float = 0, seed: UInt64 = 0,
        weights: SafetensorsFile, on backend: any Backend
    ) throws {
        try self.init(
            unset: architecture, input: inputShape, classes: classes, batch: batch, rule: rule,
            settings: settings, pooling: pooling, dropout: dropout, seed: seed, on: backend)
        try load(weights)
    }

    /// A network whose parameters hold nothing yet: for plans, and for what reads names and shapes
    /// alone.
    package init(
        unset architecture: Architecture, input inputShape: Shape, classes: Int, batch: Int,
        rule: any LearningRule, settings: LocalLossSettings = LocalLossSettings(),
        pooling: Pooling = .max, dropout: Float = 0, seed: UInt64 = 0, on backend: any Backend
    ) throws {
        self.architecture = architecture
        self.rule = rule
        self.inputShape = inputShape
        self.classes = classes
        self.backend = backend
        self.dropout = dropout
        self.seed = seed
        batchCapacity = batch

        var builder = UnitBuilder(
            architecture: architecture, shape: inputShape, classes: classes, rule: rule,
            settings: settings, pooling: pooling, hasDropout: dropout > 0, backend: backend)
        let followers = architecture.stages.dropFirst().map(Optional.some) + [nil]
        let units = try zip(architecture.stages, followers).compactMap {
            try builder.unit($0, before: $1)
        }
        self.units = units
        classifier = try Classifier(inputs: builder.shape.count, classes: classes, on: backend)
        labels = try backend.makeTensor([batch], .int32)
        memory = try StepMemory(
            units, input: inputShape, classes: classes, batch: batch, retention: rule.retention,
            on: backend)
    }

    /// `[batchCapacity, height, width, channels]`: what a step reads.
    public var images: Tensor { memory.images }

    /// Bytes of everything that lives during a step and not beyond it.
    public var activationBytes: Int { memory.byteCount }

    public var blocks: [any Block] {
        units.compactMap { if case .block(let block, _) = $0 { block } else { nil } }
    }

    /// What is trained apart, in order: every block, then the classifier.
    public var groups: [ParameterGroup] { blocks.map(\.group) + [classifier.group] }

    /// What each loss of a step is the loss of: every block that has one, then `output`.
    public var lossNames: [String] {
        units.compactMap { unit in
            if case .block(let block, let head) = unit, head is any LocalHead {
                block.name
            } else {
                nil
            }
        } + ["output"]
    }

    /// Everything that weights files hold.
    public var parameters: [Parameter] { groups.flatMap(\.parameters) }

    /// What rules draw and never train nor save.
    public var projections: [Parameter] {
        units.compactMap { unit in
            if case .block(_, let head) = unit { (head as? FeedbackHead)?.projection } else { nil }
        }
    }

    /// One training step by the network's rule on the batch in ``images`` and ``labels``: every
    /// block and the classifier updated once.
    ///
    /// - Parameters:
    ///   - optimizers: one for each of ``groups``.
    ///   - losses: one slot for each of ``lossNames``, to which the batch's mean losses are added.
    public func step(batch: Int, _ optimizers: [any Optimizer], losses: [Tensor]) throws {
        try rule.step(self, batch: batch, optimizers, losses: losses)
    }

    /// Traps unless the network was built for `rule`: heads and memory of another would be misread.
    func requireRule(_ rule: any LearningRule) {
        precondition(
            rule.name == self.rule.name,
            "a network that was built for \(self.rule.name) cannot be trained by \(rule.name)")
    }

    // MARK: Memory of a step

    /// What unit `position` reads; of the position behind the last, what the classifier does.
    func input(of position: Int, batch: Int) -> Tensor {
        (position == 0 ? images : memory.outputs[position - 1]).prefix(batch: batch)
    }

    func output(of position: Int, batch: Int) -> Tensor {
        memory.outputs[position].prefix(batch: batch)
    }

    /// With respect to the output of unit `position`; nil before the first unit.
    func gradient(of position: Int, batch: Int) -> Tensor? {
        position < 0 ? nil : memory.gradients[position].prefix(batch: batch)
    }

    func workspace(of position: Int, batch: Int) -> [Tensor] {
        memory.workspaces[position].map { $0.prefix(batch: batch) }
    }

    /// - Precondition: the unit at `position` is a block with a local loss.
    func pool(of position: Int, batch: Int) -> StepMemory.PoolMemory {
        guard let pool = memory.pools[position] else {
            preconditionFailure("unit \(position) has no local loss")
        }
        return StepMemory.PoolMemory(
            pooled: pool.pooled.prefix(batch: batch),
            pooledGradient: pool.pooledGradient.prefix(batch: batch),
            windowSums: Tensor(
                shape: [2, batch, pool.pooled.shape[1]], buffer: pool.windowSums.buffer))
    }

    func features(batch: Int) -> Tensor {
        input(of: units.count, batch: batch).reshaped([batch, classifier.inputs])
    }

    // MARK: Passes

    /// Runs a unit that is no block; dropout only where there is a key for it.
    func run(_ unit: Unit, at position: Int, batch: Int, dropoutKey: UInt64? = nil) throws {
        let input = input(of: position, batch: batch)
        let output = output(of: position, batch: batch)
        switch unit {
        case .block(let block, _):
            try block.infer(
                input, workspace(of: position, batch: batch), into: output, on: backend)
        case .maxPool: try backend.maxPool(input, .halving(input.shape), into: output)
        case .meanPool(let geometry, let weights):
            try backend.convolve(
                input, weights, bias: nil, geometry.withBatch(batch), into: output)
        case .averagePool(_, let size):
            try backend.averagePool(
                input, AveragePoolGeometry(inputShape: input.shape, size: size), into: output)
        case .dropout:
            if let dropoutKey {
                try backend.dropout(input, probability: dropout, key: dropoutKey, into: output)
            }
        }
    }

    /// Trains forward: blocks by `train`, all else as in training.
    func forward(batch: Int, train: (Int, any Block, (any BlockHead)?) throws -> Void) throws {
        statisticsUpdates += 1
        for (position, unit) in units.enumerated() {
            if case .block(let block, let head) = unit {
                try train(position, block, head)
            } else {
                try run(unit, at: position, batch: batch, dropoutKey: dropoutKey(position))
            }
        }
    }

    /// Backward through a unit that is no block: from the gradient of its output to its input's.
    func backward(_ unit: Unit, at position: Int, batch: Int) throws {
        guard let outputGradient = gradient(of: position, batch: batch),
            let inputGradient = gradient(of: position - 1, batch: batch)
        else { return }
        let input = input(of: position, batch: batch)
        switch unit {
        case .block: break
        case .maxPool:
            try backend.maxPoolGradient(
                of: outputGradient, input: input, .halving(input.shape), into: inputGradient)
        case .meanPool(let geometry, let weights):
            try backend.convolutionInputGradient(
                of: outputGradient, weights, geometry.withBatch(batch), into: inputGradient)
        case .averagePool(_, let size):
            try backend.averagePoolGradient(
                of: outputGradient, AveragePoolGeometry(inputShape: input.shape, size: size),
                into: inputGradient)
        case .dropout:
            try backend.dropout(
                outputGradient, probability: dropout, key: dropoutKey(position),
                into: inputGradient)
        }
    }

    /// A stream for every dropout of every step.
    private func dropoutKey(_ position: Int) -> UInt64 {
        RandomSource(seed: seed, stream: "dropout", statisticsUpdates, position).key
    }

    /// The logits `[batch, classes]` of the batch in ``images``, by the running statistics.
    public func infer(batch: Int) throws -> Tensor {
        for (position, unit) in units.enumerated() {
            try run(unit, at: position, batch: batch)
        }
        return try classify(batch: batch)
    }

    /// Moves every batch norm's running statistics by the batch in ``images``; changes nothing else.
    public func updateStatistics(batch: Int) throws {
        try forward(batch: batch) { position, block, _ in
            try block.updateStatistics(
                input(of: position, batch: batch), workspace(of: position, batch: batch),
                into: output(of: position, batch: batch), on: backend)
        }
    }

    func classify(batch: Int) throws -> Tensor {
        let logits = memory.logits.prefix(batch: batch)
        try classifier.infer(features(batch: batch), into: logits, on: backend)
        return logits
    }

    /// Cross-entropy of the classifier's logits, and its gradients: those of the logits stay where
    /// the logits were, and are returned.
    func classifierGradient(
        batch: Int, into featureGradient: Tensor? = nil, addingLossTo loss: Tensor
    ) throws -> Tensor {
        let logits = try classify(batch: batch)
        try backend.crossEntropy(
            logits, labels.prefix(batch: batch), CrossEntropyOptions(), gradient: logits,
            addingLossTo: loss)
        try classifier.backward(
            of: logits, features(batch: batch), into: featureGradient, on: backend)
        return logits
    }
}
