import BLASBackend
import Checkpoints
import LocalLearning
import OpenCLBackend
import Randomness
import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// A run that was stopped and goes on is the run that was not stopped, to the byte.
struct ResumeTests {
    enum Device: String, CaseIterable, CustomTestStringConvertible {
        case blas, register, local

        func open() throws -> any Backend {
            switch self {
            case .blas: try BLASBackend(threads: 2)
            case .register: try OpenCLBackend(engine: .register)
            case .local: try OpenCLBackend(engine: .local)
            }
        }

        var testDescription: String { rawValue }
    }

    /// Every rule and every optimizer, stopped after each number of steps that differs in kind: within
    /// an epoch, at its end and behind it.
    @Test(arguments: Device.allCases)
    func whatGoesOnIsWhatWasNotStopped(device: Device) throws {
        let backend = try device.open()
        for (index, rule) in RuleCatalog.all.enumerated() {
            for kind in PublishedOptimizer.allCases {
                let whole = try TinyTraining(rule: rule, optimizer: kind, on: backend)
                try whole.run()
                let expected = try whole.trainer.state()
                // Another step for every pair, so that all of 1...11 are tried.
                let pair =
                    index * PublishedOptimizer.allCases.count
                    + (PublishedOptimizer.allCases.firstIndex(of: kind) ?? 0)
                let step = 1 + pair % 11
                let folder = try TemporaryFolder()
                let first = try TinyTraining(rule: rule, optimizer: kind, on: backend)
                try first.run(until: step)
                try CheckpointStore(folder.path).save(try first.trainer.state())

                let second = try TinyTraining(rule: rule, optimizer: kind, on: backend)
                let checkpoint = try #require(try CheckpointStore(folder.path).newest())
                #expect(checkpoint.position.steps == step)
                try second.trainer.restore(try checkpoint.state())
                try second.run()
                #expect(
                    try second.trainer.state() == expected,
                    "\(rule.name) \(kind.name) stopped after step \(step)")
            }
        }
    }

    /// An epoch that is stopped while it is evaluated goes on from before that.
    @Test func anEvaluationThatIsStoppedIsDoneAgain() throws {
        let backend = try BLASBackend(threads: 1)
        let kind = PublishedOptimizer.adamWScheduleFree
        let whole = try TinyTraining(rule: LLS(), optimizer: kind, on: backend)
        try whole.run()

        final class Broken: BatchSource {
            let source = TinySource()
            var sampleShape: Shape { source.sampleShape }
            var sampleCount: Int { source.sampleCount }
            var batchSize: Int { source.batchSize }
            var secondsWaited: Double { 0 }

            func forEachBatch(
                epoch: Int, from first: Int,
                _ body: (UnsafeBufferPointer<Float>, UnsafeBufferPointer<Int32>) throws -> Bool
            ) throws {
                try source.forEachBatch(epoch: epoch, from: first) {
                    _ = try body($0, $1)
                    throw TinyTraining.Stop()
                }
            }
        }
        let first = try TinyTraining(rule: LLS(), optimizer: kind, on: backend)
        #expect(throws: TinyTraining.Stop.self) {
            try first.trainer.run(train: TinySource(), test: Broken(), keepsState: true)
        }
        let state = try first.trainer.state()
        #expect(state.position.epoch == 1 && state.position.batches == 4)
        let second = try TinyTraining(rule: LLS(), optimizer: kind, on: backend)
        try second.trainer.restore(state)
        try second.run()
        #expect(try second.trainer.state() == whole.trainer.state())
    }

    /// A run goes on elsewhere, within the bound of conformance.
    @Test func aRunGoesOnOnAnotherDevice() throws {
        let kind = PublishedOptimizer.adamWScheduleFree
        let first = try TinyTraining(rule: LLS(), optimizer: kind, on: BLASBackend(threads: 1))
        try first.run(until: 6)
        let state = try first.trainer.state()
        var ends: [[Float]] = []
        for device in Device.allCases {
            let other = try TinyTraining(rule: LLS(), optimizer: kind, on: device.open())
            try other.trainer.restore(state)
            try other.run()
            ends.append(try other.trainer.network.parameters.flatMap { try $0.values() })
        }
        for end in ends.dropFirst() {
            let length = ends[0].reduce(0) { $0 + Double($1 * $1) }.squareRoot()
            let distance = zip(ends[0], end).reduce(0) { sum, pair in
                sum + Double((pair.0 - pair.1) * (pair.0 - pair.1))
            }.squareRoot()
            #expect(distance / length <= 2e-5, "\(distance / length)")
        }
    }

    @Test func aStateOfAnotherTrainingIsRefused() throws {
        let backend = ReferenceBackend()
        let sgd = try TinyTraining(rule: LLS(), optimizer: PublishedOptimizer.sgd, on: backend)
        try sgd.run(until: 2)
        let state = try sgd.trainer.state()
        let adam = try TinyTraining(rule: LLS(), optimizer: PublishedOptimizer.adam, on: backend)
        #expect(throws: ParameterStateError.self) { try adam.trainer.restore(state) }
        let mxm = try TinyTraining(rule: LLSMxM(), optimizer: PublishedOptimizer.sgd, on: backend)
        #expect(throws: (any Error).self) { try mxm.trainer.restore(state) }
        let bp = try TinyTraining(
            rule: Backpropagation(), optimizer: PublishedOptimizer.sgd, on: backend)
        #expect(throws: TrainerStateError.self) { try bp.trainer.restore(state) }
    }

    /// An update may diverge without any loss that shows it yet.
    @Test func aStateThatDivergedIsNotGiven() throws {
        let training = try TinyTraining(
            rule: LLSMxM(), optimizer: PublishedOptimizer.sgd, on: ReferenceBackend())
        try training.run(until: 2)
        let parameter = try #require(
            training.trainer.network.parameters.first { $0.description.name.hasSuffix("feedback") })
        try parameter.set([Float](repeating: .nan, count: parameter.value.count))
        let error = try #require(throws: DivergenceError.self) { try training.trainer.state() }
        #expect(error.quantity == .parameters("conv_block1"))
    }

    @Test func aCancelledTaskEndsAtTheNextStep() async throws {
        let task = Task {
            let training = try TinyTraining(
                rule: LLS(), optimizer: PublishedOptimizer.sgd, epochs: 1_000_000,
                on: ReferenceBackend())
            await Task.yield()
            do { try training.run() } catch is CancellationError {
                return training.trainer.position.steps
            }
            return -1
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        #expect(try await task.value >= 1)
    }
}
