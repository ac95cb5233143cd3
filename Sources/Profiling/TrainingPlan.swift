import LocalLearning
import Tensors

/// What is to be trained, as far as memory and work depend on it.
public struct PlannedTraining: Sendable {
    public var architecture: Architecture
    public var rule: any LearningRule
    public var optimizer: OptimizerKind
    /// `[height, width, channels]` of one sample.
    public var input: Shape
    public var classes, batch: Int
    public var pooling = Pooling.max
    public var hasDropout = false

    public init(
        _ architecture: Architecture, rule: any LearningRule, optimizer: OptimizerKind,
        input: Shape, classes: Int, batch: Int
    ) {
        self.architecture = architecture
        self.rule = rule
        self.optimizer = optimizer
        self.input = input
        self.classes = classes
        self.batch = batch
    }
}

/// The memory and the work of a training step, known before the device is asked for anything.
public struct TrainingPlan: Sendable {
    /// Bytes of everything that lives during a step and not beyond it.
    public let activationBytes: Int
    /// Bytes of learned and running values, of their gradients, and of what the optimizer keeps.
    public let parameterBytes, gradientBytes, optimizerBytes: Int
    /// Bytes of labels, basis vectors, projections and statistics.
    public let otherBytes: Int
    /// Bytes that the device borrows for single products and convolutions; 0 where no device was
    /// asked.
    public fileprivate(set) var scratchBytes = 0
    /// Bytes of the largest single allocation.
    public let largestAllocation: Int
    public let trainedParameters: Int
    public let work: StepWork

    public var totalBytes: Int {
        activationBytes + parameterBytes + gradientBytes + optimizerBytes + otherBytes
            + scratchBytes
    }

    /// Builds the network and runs one step of it on a ``PlanningBackend``.
    ///
    /// - Parameter alignment: ``DeviceMemory/sliceAlignment`` of the device that is planned for.
    /// - Throws: ``ArchitectureError``, as the network itself would.
    public init(_ training: PlannedTraining, alignment: Int) throws {
        let backend = PlanningBackend(alignment: alignment)
        let network = try Network(
            unset: training.architecture, input: training.input, classes: training.classes,
            batch: training.batch, rule: training.rule, pooling: training.pooling,
            dropout: training.hasDropout ? 0.5 : 0, on: backend)
        let networkBytes = backend.memoryUse.current
        let optimizers = try network.groups.map {
            try training.optimizer.make(for: $0, OptimizerSettings(), on: backend)
        }
        optimizerBytes = backend.memoryUse.current - networkBytes
        activationBytes = network.activationBytes
        gradientBytes = network.groups.map(\.gradients.byteCount).reduce(0, +)
        let running = network.parameters.filter { !$0.description.isTrained }
        parameterBytes =
            network.groups.map(\.values.byteCount).reduce(0, +)
            + running.map(\.value.byteCount).reduce(0, +)
        otherBytes = networkBytes - activationBytes - gradientBytes - parameterBytes
        largestAllocation = backend.largestAllocation
        trainedParameters = network.groups.map(\.trainedCount).reduce(0, +)
        let losses = try network.lossNames.map { _ in try backend.makeTensor([1]) }
        let operations = try backend.record {
            try network.step(batch: training.batch, optimizers, losses: losses)
        }
        work = StepWork(operations, of: network)
    }

    /// Whether a device can hold it.
    public func fits(_ limits: MemoryLimits) -> Bool {
        totalBytes <= limits.total && largestAllocation <= limits.allocation
    }
}

extension PlannedTraining {
    /// The plan for `backend`, once it is known to fit.
    ///
    /// - Throws: ``DoesNotFitError`` with the largest batch that does; ``ArchitectureError``.
    public func plan(on backend: any Backend) throws -> TrainingPlan {
        let plan = try planned(for: backend)
        let limits = backend.memoryLimits
        guard plan.fits(limits) else {
            throw DoesNotFitError(
                training: "\(architecture.name) by \(rule.name)", device: backend.name,
                batch: batch, plan: plan, limits: limits,
                largestBatch: try largestBatch(on: backend))
        }
        return plan
    }

    private func planned(for backend: any Backend) throws -> TrainingPlan {
        var plan = try TrainingPlan(self, alignment: backend.sliceAlignment)
        plan.scratchBytes = try backend.scratchBytes(of: plan.work.operations)
        return plan
    }

    /// By halving, since bytes grow with the batch; nil where batch norm's least, 2, is too much.
    private func largestBatch(on backend: any Backend) throws -> Int? {
        func fits(_ batch: Int) throws -> Bool {
            var smaller = self
            smaller.batch = batch
            return try smaller.planned(for: backend).fits(backend.memoryLimits)
        }
        guard batch > 2, try fits(2) else { return nil }
        var (good, bad) = (2, batch)
        while bad - good > 1 {
            let middle = (good + bad) / 2
            if try fits(middle) { good = middle } else { bad = middle }
        }
        return good
    }
}

/// A step that a device has no room for, seen before it was asked.
public struct DoesNotFitError: Error, CustomStringConvertible {
    public let training, device: String
    public let batch: Int
    public let plan: TrainingPlan
    public let limits: MemoryLimits
    /// Nil where no batch fits.
    public let largestBatch: Int?

    public var description: String {
        let advice =
            largestBatch.map { "the largest batch that fits is \($0)" }
            ?? "no batch fits: choose a smaller model, smaller images or another device"
        return """
            out of memory: \(training) at batch \(batch) needs \(plan.totalBytes) bytes, \
            \(plan.largestAllocation) of them in one allocation
            \(device) has \(limits.total), and allows \(limits.allocation) in one
            \(advice)
            """
    }
}
