import BLASBackend
import LocalLearning
import OpenCLBackend
import Profiling
import Tensors
import Testing

/// A dry run counts what is held, to the byte.
struct DryRunTests {
    static let geometry = ConvolutionGeometry(
        batch: 4, height: 20, width: 18, inputChannels: 40, outputChannels: 48)
    static let operations =
        DenseOperation.Pass.allCases.map { DenseOperation.convolution(geometry, $0) } + [
            .product(ProductGeometry(rows: 10, depth: 4096, columns: 20)),
            .product(ProductGeometry(rows: 100, depth: 40, columns: 20, isLeftTransposed: true)),
            .product(ProductGeometry(rows: 600, depth: 40, columns: 20, isRightTransposed: true)),
        ]

    @Test(arguments: KernelEngine.allCases, ConvolutionAlgorithm.allCases)
    func anOpenCLDeviceHoldsWhatADryRunCounted(
        engine: KernelEngine, algorithm: ConvolutionAlgorithm
    ) throws {
        for operation in Self.operations {
            let backend = try OpenCLBackend(engine: engine)
            backend.convolutionAlgorithm = algorithm
            try compare(operation, on: backend)
        }
    }

    @Test(arguments: [1, 2, 5], ConvolutionAlgorithm.allCases)
    func theCPUHoldsWhatADryRunCounted(threads: Int, algorithm: ConvolutionAlgorithm) throws {
        for operation in Self.operations {
            try compare(
                operation, on: BLASBackend(threads: threads, convolutionAlgorithm: algorithm))
        }
    }

    private func compare(_ operation: DenseOperation, on backend: any Backend) throws {
        let dryRun = try #require(backend.dryRun())
        let launches = (backend as? OpenCLBackend)?.launches
        try dryRun.perform(operation)
        #expect(backend.memoryUse.allocations == 0)
        #expect((backend as? OpenCLBackend)?.launches == launches)
        try backend.perform(operation)
        try backend.synchronize()
        let (planned, held) = (dryRun.memoryUse, backend.memoryUse)
        #expect(planned.peak == held.peak, "\(operation)")
        #expect(planned.largest == held.largest, "\(operation)")
        #expect(planned.allocations == held.allocations, "\(operation)")
    }

    /// A dry run computes nothing, so it takes no time, whatever its size.
    @Test(arguments: TestedBackend.blas + TestedBackend.openCL)
    func aDryRunReadsZeros(tested: TestedBackend) throws {
        let dryRun = try #require(try tested.open().dryRun())
        #expect(!dryRun.keepsElements)
        let tensor = try dryRun.makeTensor([3], [1, 2, 3])
        try dryRun.fill(tensor, with: 7)
        #expect(try dryRun.read(tensor) == [0, 0, 0])
    }

    // MARK: Trainings

    /// Random images without any data set.
    private final class Images: BatchSource {
        let sampleShape: Shape = [16, 16, 3]
        let sampleCount, batchSize: Int
        let secondsWaited = 0.0

        init(_ sampleCount: Int, batch: Int) {
            self.sampleCount = sampleCount
            batchSize = batch
        }

        func forEachBatch(
            epoch: Int, from first: Int,
            _ body: (
                _ images: UnsafeBufferPointer<Float>, _ labels: UnsafeBufferPointer<Int32>
            ) throws -> Bool
        ) throws {
            for first in stride(from: first * batchSize, to: sampleCount, by: batchSize) {
                let count = min(batchSize, sampleCount - first)
                let images = (0..<count * sampleShape.count).map {
                    Float(($0 * 37 + first) % 97) / 97
                }
                let labels = (0..<count).map { Int32(($0 + first) % 7) }
                let goesOn = try images.withUnsafeBufferPointer { images in
                    try labels.withUnsafeBufferPointer { try body(images, $0) }
                }
                guard goesOn else { return }
            }
        }
    }

    struct Training: Sendable {
        var rule = "LLS"
        var optimizer = PublishedOptimizer.adamWScheduleFree
        var samples = (train: 35, test: 19)
        var batches = (train: 8, test: 16)
        var reportEvery = 3
        var maxSteps: Int?
        var pooling = Pooling.max
        var classWeights: [Float]?
    }

    static let trainings =
        RuleCatalog.all.map { Training(rule: $0.name) }
        + PublishedOptimizer.allCases.map { Training(optimizer: $0) } + [
            Training(samples: (64, 32), batches: (16, 16)),
            Training(samples: (64, 40), batches: (5, 32), reportEvery: 1),
            Training(samples: (10, 3), batches: (32, 64), reportEvery: 100_000),
            Training(rule: "BP", samples: (300, 10), batches: (4, 8), reportEvery: 70),
            Training(samples: (35, 19), batches: (8, 16), maxSteps: 2),
            Training(rule: "BP", samples: (35, 19), batches: (8, 8), pooling: .mean),
        ]
        + ["LLS", "LLS_MxM", "DRTP", "BP"].map {
            Training(rule: $0, classWeights: [1, 2, 3, 4, 5, 6, 7])
        }

    @Test(arguments: [TestedBackend.blas[1]] + TestedBackend.openCL)
    func plannedBytesAreHeldBytes(tested: TestedBackend) throws {
        for training in Self.trainings {
            let rule = try #require(RuleCatalog.all.first { $0.name == training.rule })
            let description = try NetworkDescription(
                .smallConv, input: [16, 16, 3], classes: 7, rule: rule,
                NetworkOptions(
                    pooling: training.pooling, classWeights: training.classWeights))
            let planned = PlannedTraining(
                description, optimizer: training.optimizer, batch: training.batches.train,
                run: PlannedRun(
                    trainSamples: training.samples.train, testSamples: training.samples.test,
                    testBatch: training.batches.test, reportEvery: training.reportEvery,
                    maxSteps: training.maxSteps))
            let backend = try tested.open()
            let plan = try planned.plan(on: backend)
            #expect(backend.memoryUse.peak == 0)

            let network = try Network(
                description, batch: max(training.batches.train, training.batches.test),
                on: backend)
            let trainer = try Trainer(
                network, optimizer: training.optimizer, OptimizerSettings(learningRate: 1e-4),
                TrainingOptions(
                    epochs: 2, maxSteps: training.maxSteps,
                    reportEvery: training.reportEvery))
            _ = try trainer.run(
                train: Images(training.samples.train, batch: training.batches.train),
                test: Images(training.samples.test, batch: training.batches.test))
            #expect(
                plan.totalBytes == backend.memoryUse.peak,
                "\(training) on \(tested.testDescription)")
            #expect(plan.largestAllocation == backend.memoryUse.largest)
        }
    }

    /// A whole plan of what is far too large is made at once.
    @Test(arguments: [TestedBackend.blas[1]] + TestedBackend.openCL)
    func whatIsTooLargeIsRefusedAtOnce(tested: TestedBackend) throws {
        let backend = try tested.open()
        let clock = ContinuousClock()
        for batch in [1_000_000, 100_000_000, 1_000_000_000_000, Int.max] {
            let time = clock.measure {
                #expect(throws: DoesNotFitError.self) {
                    try PlannedTraining(
                        NetworkDescription(
                            .vgg8, input: [32, 32, 3], classes: 10, rule: LLS()),
                        optimizer: PublishedOptimizer.adamWScheduleFree, batch: batch
                    ).plan(on: backend)
                }
            }
            // A tenth of that by itself; other tests run beside it.
            #expect(time < .seconds(10))
        }
        for operation in [
            DenseOperation.product(ProductGeometry(rows: .max, depth: .max, columns: .max)),
            .product(ProductGeometry(rows: 1 << 44, depth: 1, columns: 1)),
            .convolution(
                ConvolutionGeometry(
                    batch: 1_000_000, height: 65_536, width: 65_536, inputChannels: 65_536,
                    outputChannels: 65_536), .forward),
        ] {
            #expect(throws: DoesNotFitError.self) {
                try backend.checkRoom(for: "\(operation)") { try $0.perform(operation) }
            }
        }
    }

    /// A tensor that no machine can hold is an error of every backend.
    @Test(arguments: TestedBackend.all)
    func noTensorIsTooLargeForAnError(tested: TestedBackend) throws {
        let backend = try tested.open()
        for shape: Shape in [[.max], [.max, .max, 3], [1 << 40, 1 << 40], [1 << 46]] {
            expectShortage { _ = try backend.makeTensor(shape) }
            expectShortage { _ = try backend.makeTensor(shape, [1]) }
        }
        expectShortage { try backend.withScratch([[.max, 2]]) { _ in } }
    }

    private func expectShortage(_ body: () throws -> Void) {
        let error = #expect(throws: (any Error).self) { try body() }
        #expect(error is any MemoryShortage, "\(String(describing: error))")
    }
}
