import LocalLearning
import Tensors

/// The memory and the work of a training, known before the device is asked for anything.
public struct TrainingPlan: Sendable {
    let memory: TrainingMemory
    /// Of one step.
    public let work: StepWork

    /// Bytes of everything that lives during a step and not beyond it.
    public var activationBytes: Int { memory.activations }
    /// Bytes of learned and running values, of their gradients, and of what the optimizer keeps.
    public var parameterBytes: Int { memory.parameters }
    public var gradientBytes: Int { memory.gradients }
    public var optimizerBytes: Int { memory.optimizer }
    /// Bytes of labels, losses, counters, basis vectors, projections and statistics.
    public var otherBytes: Int { memory.other }
    /// Bytes that operations borrow.
    public var scratchBytes: Int { memory.scratch }
    /// Bytes of the largest single allocation.
    public var largestAllocation: Int { memory.largestAllocation }
    public var totalBytes: Int { memory.total }

    /// Plans for a device of which nothing is known but its alignment: what operations borrow is not
    /// counted.
    ///
    /// - Parameter alignment: see ``DeviceMemory/sliceAlignment``.
    /// - Throws: ``ArchitectureError``, as the network itself would.
    public init(_ training: PlannedTraining, alignment: Int) throws {
        memory = try TrainingMemory(training, on: PlanningBackend(alignment: alignment))
        work = try StepWork(of: training)
    }

    fileprivate init(_ training: PlannedTraining, _ memory: TrainingMemory) throws {
        self.memory = memory
        work = try StepWork(of: training)
    }
}

extension PlannedTraining {
    /// The plan for `backend`, once it is known to fit. What it says is what will be held, to the
    /// byte: the training runs dry, call for call.
    ///
    /// - Throws: ``DoesNotFitError`` with the largest batch that does; ``ArchitectureError``.
    public func plan(on backend: any Backend) throws -> TrainingPlan {
        do {
            return try TrainingPlan(self, memory(on: backend))
        } catch let shortage as any MemoryShortage {
            throw DoesNotFitError(
                "\(name) at batch \(capacity)", on: backend, bytesNeeded: shortage.bytesNeeded,
                largestBatch: try largestBatch(on: backend))
        }
    }

    private func memory(on backend: any Backend) throws -> TrainingMemory {
        try TrainingMemory(self, on: backend.dryOrPlanned)
    }

    /// The largest training batch that fits; if none does with this test batch, the largest for both.
    private func largestBatch(on backend: any Backend) throws -> LargestBatch {
        func fits(_ training: PlannedTraining) throws -> Bool {
            do {
                _ = try training.memory(on: backend)
                return true
            } catch is any MemoryShortage {
                return false
            }
        }
        func with(_ batch: Int, forTesting: Bool) -> PlannedTraining {
            var smaller = self
            smaller.batch = min(batch, self.batch)
            if forTesting, let run { smaller.run?.testBatch = min(batch, run.testBatch) }
            return smaller
        }
        for forTesting in run == nil ? [false] : [false, true] {
            let most = forTesting ? capacity : batch
            guard most > 2, try fits(with(2, forTesting: forTesting)) else { continue }
            // By halving, since bytes grow with the batch.
            var (good, bad) = (2, most)
            while bad - good > 1 {
                let middle = good + (bad - good) / 2
                if try fits(with(middle, forTesting: forTesting)) {
                    good = middle
                } else {
                    bad = middle
                }
            }
            // A last batch of one sample is none that batch norm can train on.
            while good > 2, let run, run.trainSamples % good == 1 { good -= 1 }
            return forTesting ? .forBoth(good) : .forTraining(good)
        }
        return .none
    }
}

/// The largest batch that a device has room for.
public enum LargestBatch: Equatable, Sendable {
    case forTraining(Int)
    /// In training and in testing.
    case forBoth(Int)
    /// Not even two samples.
    case none
}

extension Backend {
    /// Its dry run, or a backend that plans by its alignment and limits.
    var dryOrPlanned: any Backend {
        dryRun() ?? PlanningBackend(alignment: sliceAlignment, limits: memoryLimits)
    }

    /// Throws unless the backend has room for what `body` does, which is tried in a dry run.
    ///
    /// - Parameters:
    ///   - what: it is, as in "a product of …".
    ///   - body: makes the same tensors, and calls the same operations, as will be made and called.
    /// - Throws: ``DoesNotFitError``; what `body` throws.
    public func checkRoom(
        for what: String, advice: String = "use a smaller one, or another device",
        _ body: (any Backend) throws -> Void
    ) throws {
        do {
            try body(dryOrPlanned)
        } catch let shortage as any MemoryShortage {
            throw DoesNotFitError(
                what, on: self, bytesNeeded: shortage.bytesNeeded, advice: advice)
        }
    }
}
