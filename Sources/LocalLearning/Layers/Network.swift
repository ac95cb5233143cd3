import Tensors

/// A model on a backend: its blocks, its classifier, and the memory of one step, planned once for
/// the largest batch. Nothing allocates after that.
public final class Network {
    /// A stage at work.
    public enum Unit {
        case block(any Block, head: (any LocalHead)?)
        case maxPool(input: Shape)
        case averagePool(input: Shape, size: Int)
    }

    /// What a block needs during its own training step, and nobody after.
    public struct BlockMemory {
        public let workspace: [Tensor]
        public let pooled, pooledGradient, windowSums: Tensor
    }

    public let architecture: Architecture
    public let inputShape: Shape
    public let classes, batchCapacity: Int
    public let backend: any Backend
    public let units: [Unit]
    public let classifier: Classifier
    /// `[batchCapacity, height, width, channels]` and `[batchCapacity]`: what a step reads.
    public let images, labels: Tensor
    /// Bytes of everything that lives during a step and not beyond it.
    public let activationBytes: Int
    /// Batches that have moved the running statistics.
    public internal(set) var statisticsUpdates = 0

    private let outputs: [Tensor]
    private let blockMemory: [BlockMemory?]
    private let logits: Tensor

    /// - Parameter inputShape: `[height, width, channels]` of one sample.
    /// - Throws: ``ArchitectureError`` where the layers do not allow that input; what the device
    ///   throws, out of memory before all.
    public init(
        _ architecture: Architecture, input inputShape: Shape, classes: Int, batch: Int,
        rule: any LearningRule, settings: LocalLossSettings = LocalLossSettings(),
        on backend: any Backend
    ) throws {
        self.architecture = architecture
        self.inputShape = inputShape
        self.classes = classes
        self.backend = backend
        batchCapacity = batch

        var builder = UnitBuilder(
            architecture: architecture, shape: inputShape, classes: classes, rule: rule,
            settings: settings, backend: backend)
        let units = try architecture.stages.map { try builder.unit($0) }
        self.units = units
        classifier = try Classifier(
            inputs: builder.shape.count, classes: classes, on: backend)

        // Unit i runs at moment i and reads what unit i−1 left; the classifier runs last.
        var plan = MemoryPlan()
        var shapes: [Shape] = []
        func reserve(_ shape: Shape, _ life: ClosedRange<Int>) -> Int {
            shapes.append(Shape([batch] + shape.dimensions))
            return plan.reserve(batch * shape.count, during: life)
        }
        let imageSlot = reserve(inputShape, 0...0)
        var outputSlots: [Int] = []
        var blockSlots: [(workspace: [Int], pooled: [Int], sums: Int)?] = []
        for (moment, unit) in units.enumerated() {
            outputSlots.append(reserve(unit.outputShape, moment...(moment + 1)))
            guard case .block(let block, _) = unit else {
                blockSlots.append(nil)
                continue
            }
            let now = moment...moment
            let pooled: Shape = [block.pooledFeatures]
            blockSlots.append(
                (
                    block.workspaceShapes.map { reserve($0, now) },
                    [reserve(pooled, now), reserve(pooled, now)],
                    reserve([2 * block.pooledFeatures], now)
                ))
        }
        let logitSlot = reserve([classes], units.count...units.count)

        let (offsets, total) = plan.layout(alignment: backend.sliceAlignment)
        let arena = try backend.makeTensor([total])
        activationBytes = arena.byteCount
        let tensors = try zip(offsets, shapes).map { try backend.slice(arena, at: $0, $1) }
        images = tensors[imageSlot]
        labels = try backend.makeTensor([batch], .int32)
        outputs = outputSlots.map { tensors[$0] }
        blockMemory = blockSlots.map { slots in
            slots.map { slots in
                let sums = tensors[slots.sums]
                return BlockMemory(
                    workspace: slots.workspace.map { tensors[$0] },
                    pooled: tensors[slots.pooled[0]], pooledGradient: tensors[slots.pooled[1]],
                    windowSums: sums.reshaped([2, batch, sums.count / (2 * batch)]))
            }
        }
        logits = tensors[logitSlot]
    }

    public var blocks: [any Block] {
        units.compactMap { if case .block(let block, _) = $0 { block } else { nil } }
    }

    /// What is trained apart, in order: every block, then the classifier.
    public var groups: [ParameterGroup] { blocks.map(\.group) + [classifier.group] }

    /// What each loss of a step is the loss of.
    public var lossNames: [String] { blocks.map(\.name) + ["output"] }

    public var parameters: [Parameter] { groups.flatMap(\.parameters) }

    /// Draws every parameter's initial value from `seed`.
    public func initialize(seed: UInt64) throws {
        for group in groups { try group.initialize(seed: seed, on: backend) }
    }

    // MARK: Memory of a step

    public func input(of position: Int, batch: Int) -> Tensor {
        (position == 0 ? images : outputs[position - 1]).prefix(batch: batch)
    }

    public func output(of position: Int, batch: Int) -> Tensor {
        outputs[position].prefix(batch: batch)
    }

    /// - Precondition: the unit at `position` is a block.
    public func memory(of position: Int, batch: Int) -> BlockMemory {
        guard let memory = blockMemory[position] else {
            preconditionFailure("unit \(position) is no block")
        }
        let features = memory.pooled.shape[1]
        return BlockMemory(
            workspace: memory.workspace.map { $0.prefix(batch: batch) },
            pooled: memory.pooled.prefix(batch: batch),
            pooledGradient: memory.pooledGradient.prefix(batch: batch),
            windowSums: Tensor(
                shape: [2, batch, features], buffer: memory.windowSums.buffer))
    }

    // MARK: Passes

    /// Runs a unit that is not being trained, by the running statistics.
    public func run(_ unit: Unit, _ input: Tensor, into output: Tensor) throws {
        switch unit {
        case .block(let block, _):
            try block.infer(input, into: output, on: backend)
        case .maxPool:
            let shape = input.shape
            try backend.maxPool(
                input,
                MaxPoolGeometry(
                    batch: shape[0], height: shape[1], width: shape[2], channels: shape[3]),
                into: output)
        case .averagePool(_, let size):
            try backend.averagePool(
                input, AveragePoolGeometry(inputShape: input.shape, size: size), into: output)
        }
    }

    /// The logits `[batch, classes]` of the batch in ``images``, by the running statistics.
    public func infer(batch: Int) throws -> Tensor {
        for (position, unit) in units.enumerated() {
            try run(
                unit, input(of: position, batch: batch), into: output(of: position, batch: batch))
        }
        return try classify(batch: batch)
    }

    /// Moves every batch norm's running statistics by the batch in ``images``; changes nothing else.
    public func updateStatistics(batch: Int) throws {
        statisticsUpdates += 1
        for (position, unit) in units.enumerated() {
            let input = input(of: position, batch: batch)
            let output = output(of: position, batch: batch)
            if case .block(let block, _) = unit {
                try block.updateStatistics(input, into: output, on: backend)
            } else {
                try run(unit, input, into: output)
            }
        }
    }

    /// Cross-entropy of the classifier on the last unit's output, and its update.
    public func trainClassifier(batch: Int, _ optimizer: any Optimizer, loss: Tensor) throws {
        let logits = try classify(batch: batch)
        try backend.crossEntropy(
            logits, labels.prefix(batch: batch), CrossEntropyOptions(), gradient: logits,
            addingLossTo: loss)
        try classifier.backward(of: logits, features(batch: batch), on: backend)
        try optimizer.step(classifier.group, on: backend)
    }

    private func classify(batch: Int) throws -> Tensor {
        let logits = logits.prefix(batch: batch)
        try classifier.infer(features(batch: batch), into: logits, on: backend)
        return logits
    }

    private func features(batch: Int) -> Tensor {
        input(of: units.count, batch: batch).reshaped([batch, classifier.inputs])
    }
}

extension Network.Unit {
    /// Of one sample.
    var outputShape: Shape {
        switch self {
        case .block(let block, _): block.outputShape
        case .maxPool(let input): [input[0] / 2, input[1] / 2, input[2]]
        case .averagePool(let input, let size): [input[2] * size * size]
        }
    }
}
