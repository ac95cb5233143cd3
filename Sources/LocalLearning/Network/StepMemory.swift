import Tensors

/// The tensors of one step, in one allocation, planned once for the largest batch from who writes and
/// who reads them.
///
/// Time is counted in moments: node i runs at moment i, the classifier at moment `nodes`, and if the
/// rule goes back, node i is trained at moment `2 · nodes − i`.
struct StepMemory {
    let images, logits: Tensor
    let byteCount: Int
    private let places: [Place]

    /// The tensors of one node.
    private struct Place {
        let output: Tensor
        let gradient: Tensor?
        let workspace: [Tensor]
        let pooled: PooledActivation?
    }

    /// - Parameter forInference: whether nothing is ever trained: then no gradient has a place.
    init(
        _ network: NetworkDescription, batch: Int, forInference: Bool, on backend: any Backend
    ) throws {
        var planner = Planner(batch: batch)
        let nodes = network.nodes
        let schedule = Schedule(network, forInference)
        let imageSlot = planner.reserve(network.inputShape, 0...schedule.lastRead(nil))
        var slots: [Slots] = []
        for (index, node) in nodes.enumerated() {
            let lastRead = schedule.lastRead(index)
            let output: Int
            // Dropout works in place, unless somebody looks at what was there before.
            if case .dropout = node.operation, let source = node.reads,
                !schedule.keepsOutput(source)
            {
                output = slots[source].output
                planner.extend(output, to: lastRead)
            } else {
                output = planner.reserve(node.outputShape, index...lastRead)
            }
            var place = Slots(output: output)
            switch network.rule.method {
            case _ where forInference: break
            case .local: break
            case .direct:
                let moment = schedule.backward(index)
                place.gradient = planner.reserve(node.outputShape, moment...moment)
            case .chained:
                if case .dropout = node.operation, let source = node.reads,
                    let gradient = slots[source].gradient
                {
                    place.gradient = gradient
                    planner.extend(gradient, to: schedule.firstGradient(index))
                } else {
                    place.gradient = planner.reserve(
                        node.outputShape,
                        schedule.firstGradient(index)...schedule.backward(index))
                }
            }
            if case .block(let block) = node.operation {
                let life = index...(schedule.goesBack ? schedule.backward(index) : index)
                place.workspace = block.workspaceShapes(isLocal: !schedule.goesBack)
                    .map { planner.reserve($0, life) }
                if !schedule.goesBack, !forInference {
                    let features: Shape = [block.features]
                    let sums: Shape = [block.features.saturatingMultiplied(by: 2)]
                    place.pooled = [features, features, sums].map {
                        planner.reserve($0, index...index)
                    }
                }
            }
            slots.append(place)
        }
        let end = nodes.count
        let logitSlot = planner.reserve(
            [network.classes], end...(schedule.goesBack ? 2 * end : end))

        let (tensors, arena) = try planner.allocate(on: backend)
        byteCount = arena.byteCount
        images = tensors[imageSlot]
        logits = tensors[logitSlot]
        places = slots.map { slots in
            Place(
                output: tensors[slots.output], gradient: slots.gradient.map { tensors[$0] },
                workspace: slots.workspace.map { tensors[$0] },
                pooled: slots.pooled.isEmpty
                    ? nil
                    : PooledActivation(
                        value: tensors[slots.pooled[0]], gradient: tensors[slots.pooled[1]],
                        windowSums: tensors[slots.pooled[2]]))
        }
    }

    /// The indices of one node's tensors in the plan.
    private struct Slots {
        let output: Int
        var gradient: Int?
        var workspace: [Int] = []
        var pooled: [Int] = []
    }
}

// MARK: What a batch sees

extension StepMemory {
    /// The output of a node; the images for nil.
    func output(of node: Int?, batch: Int) -> Tensor {
        (node.map { places[$0].output } ?? images).prefix(batch: batch)
    }

    /// With respect to the output of a node; nil for the images, and if the rule is local.
    func gradient(of node: Int?, batch: Int) -> Tensor? {
        node.flatMap { places[$0].gradient?.prefix(batch: batch) }
    }

    func workspace(of node: Int, batch: Int) -> [Tensor] {
        places[node].workspace.map { $0.prefix(batch: batch) }
    }

    /// Nil unless the rule is local.
    func pooled(of node: Int, batch: Int) -> PooledActivation? {
        places[node].pooled.map { pooled in
            PooledActivation(
                value: pooled.value.prefix(batch: batch),
                gradient: pooled.gradient.prefix(batch: batch),
                windowSums: Tensor(
                    shape: [2, batch, pooled.value.shape[1]], buffer: pooled.windowSums.buffer))
        }
    }
}

/// The moments at which a step touches the outputs of a network's nodes.
private struct Schedule {
    let goesBack: Bool
    private let nodes: [NetworkDescription.Node]
    /// By node, the nodes that read its output; by −1, those that read the images.
    private let readers: [Int: [Int]]

    init(_ network: NetworkDescription, _ forInference: Bool) {
        nodes = network.nodes
        if case .local = network.rule.method {
            goesBack = false
        } else {
            goesBack = !forInference
        }
        readers = Dictionary(grouping: nodes.indices) { [nodes] in nodes[$0].reads ?? -1 }
    }

    /// When node `index` is trained.
    func backward(_ index: Int) -> Int { 2 * nodes.count - index }

    /// Whether the backward pass of a node looks at its own output.
    func keepsOutput(_ index: Int) -> Bool {
        guard goesBack, case .block(let block) = nodes[index].operation else { return false }
        return block.keepsOutput
    }

    /// The last moment at which anybody reads the output of a node; the images for nil.
    func lastRead(_ index: Int?) -> Int {
        let found = readers[index ?? -1] ?? []
        var moments = found.map { reader in
            goesBack && nodes[reader].operation.keepsInput ? backward(reader) : reader
        }
        // The classifier reads the last output forward and backward at one moment.
        if index == nodes.indices.last { moments.append(nodes.count) }
        if let index {
            moments.append(keepsOutput(index) ? backward(index) : index)
        }
        return moments.max() ?? 0
    }

    /// When the gradient of a node's output begins to be there: at the training of its last reader, or
    /// of the classifier.
    func firstGradient(_ index: Int) -> Int {
        (readers[index] ?? []).map(backward).min() ?? backward(nodes.count)
    }
}

/// Shapes of one sample on their way to tensors of a batch.
private struct Planner {
    let batch: Int
    var plan = MemoryPlan()
    var shapes: [Shape] = []

    init(batch: Int) { self.batch = batch }

    mutating func reserve(_ shape: Shape, _ life: ClosedRange<Int>) -> Int {
        shapes.append(Shape([batch] + shape.dimensions))
        let bytes = shape.count.saturatingMultiplied(by: ElementType.float32.byteCount)
        return plan.reserve(batch.saturatingMultiplied(by: bytes), during: life)
    }

    mutating func extend(_ slot: Int, to moment: Int) { plan.extend(slot, to: moment) }

    func allocate(on backend: any Backend) throws -> (tensors: [Tensor], arena: Tensor) {
        let (offsets, total) = plan.layout(alignment: backend.sliceAlignment)
        let arena = try backend.makeTensor([total], .byte)
        let tensors = try zip(offsets, shapes).map {
            try backend.slice(arena, atByte: $0, TensorSpec($1))
        }
        return (tensors, arena)
    }
}
