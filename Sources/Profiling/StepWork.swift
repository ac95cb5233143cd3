import LocalLearning
import Tensors

/// What multiply–accumulates are spent on.
public enum WorkPhase: String, CaseIterable, Sendable {
    case forward
    /// The local loss or the projected error, and what a rule's own parameters learn from.
    case learningSignal = "learning-signal"
    case weightGradient = "weight-gradient"
    case inputGradient = "input-gradient"
}

/// The multiply–accumulates of one training step, by block and by what they are for.
public struct StepWork: Sendable {
    public struct Block: Sendable {
        /// A block's name, or `linear` for the classifier.
        public let name: String
        public fileprivate(set) var multiplyAccumulates: [WorkPhase: Int] = [:]
    }

    /// In the order of the network, the classifier last.
    public private(set) var blocks: [Block]
    /// Every product and convolution of the step, in order.
    public let operations: [DenseOperation]

    public func total(_ phase: WorkPhase) -> Int {
        blocks.map { $0.multiplyAccumulates[phase] ?? 0 }.saturatingSum()
    }

    public var total: Int { WorkPhase.allCases.map(total).saturatingSum() }

    /// Runs one step of `training` on a ``PlanningBackend``.
    ///
    /// - Throws: ``ArchitectureError``, as the network itself would.
    public init(of training: PlannedTraining) throws {
        let backend = PlanningBackend(alignment: 1)
        let network = try training.makeNetwork(on: backend)
        let optimizers = try training.makeOptimizers(of: network)
        let losses = try network.lossNames.map { _ in try backend.makeTensor([1]) }
        let operations = try backend.record {
            try network.step(batch: training.batch, optimizers, losses: losses)
        }
        self.init(operations, of: network)
    }

    /// Sorts operations by the memory that they touch: a block's own weights or their gradients say
    /// whose it is and what for; all else is the learning signal of the block that ran last.
    init(_ planned: [PlannedOperation], of network: Network) {
        operations = planned.map(\.operation)
        blocks = (network.description.blocks.map(\.name) + ["linear"]).map { Block(name: $0) }
        let owners = Owners(network)
        var current = 0
        for planned in planned {
            let (owner, phase) = owners.place(planned)
            if phase == .forward, let owner { current = owner }
            let before = blocks[owner ?? current].multiplyAccumulates[phase] ?? 0
            blocks[owner ?? current].multiplyAccumulates[phase] =
                before.saturatingAdding(planned.operation.multiplyAccumulates)
        }
    }
}

/// Which block a piece of memory belongs to.
private struct Owners {
    private var weights: [ObjectIdentifier: Int] = [:]
    private var gradients: [ObjectIdentifier: Int] = [:]
    /// Parameters of rules and their gradients, projections among them.
    private var ruleParameters: [ObjectIdentifier: Int] = [:]

    init(_ network: Network) {
        let names = Set(network.description.blocks.flatMap(\.ruleParameters).map(\.name))
        for (index, group) in network.groups.enumerated() {
            for parameter in group.parameters {
                let gradient = parameter.gradient?.identity
                if names.contains(parameter.description.name) {
                    ruleParameters[parameter.value.identity] = index
                    if let gradient { ruleParameters[gradient] = index }
                } else {
                    weights[parameter.value.identity] = index
                    if let gradient { gradients[gradient] = index }
                }
            }
        }
    }

    func place(_ planned: PlannedOperation) -> (owner: Int?, WorkPhase) {
        if let owner = gradients[planned.result] { return (owner, .weightGradient) }
        let owner = planned.operands.compactMap { weights[$0] }.first
        switch planned.operation {
        // Pools by means are convolutions without an owner.
        case .convolution(_, .forward): return (owner, .forward)
        case .convolution(_, .inputGradient): return (owner, .inputGradient)
        case .convolution(_, .weightGradient): return (owner, .weightGradient)
        case .product(let geometry):
            guard let owner else {
                let learner = (planned.operands + [planned.result]).compactMap {
                    ruleParameters[$0]
                }.first
                return (learner, .learningSignal)
            }
            return (owner, geometry.isRightTransposed ? .inputGradient : .forward)
        }
    }
}
