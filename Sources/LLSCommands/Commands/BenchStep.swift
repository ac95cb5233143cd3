import ArgumentParser
import LocalLearning
import OpenCLBackend
import Profiling
import Tensors

struct BenchStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Times a whole training step: forward, loss, gradients, update.",
        discussion: "Example: lls bench step --model LLS_SmallConv --input 3x32x32 --batch 128")

    @OptionGroup var selection: BackendOptions
    @OptionGroup var options: ModelOptions
    @Option(help: "Minimum number of timed steps.") var steps = 20
    @Flag(help: "Print one JSON object.") var json = false

    /// The keys are those of the command line's contract.
    private struct Result: Encodable {
        let backend, device: String
        let ms_per_step, images_per_second, gflops: Double
        let peak_bytes, steps: Int
        /// From the start of the program to the end of its first step.
        let first_step_ms: Double
        /// Kernels a step; nil where there are none.
        let launches_per_step: Int?
        /// Calls in a step that wait for the device: none.
        let waits_per_step: Int?
        /// What the host needs to hand a step over; nil where it computes the step itself.
        let host_ms_per_step: Double?
        /// Device memory allocated after the first steps: 0, or something leaks.
        let late_allocations: Int
    }

    func validate() throws { try requireWithinBounds(("steps", steps)) }

    func run() throws {
        let training = try options.training
        let planned = try StepWork(of: training).operations
        let backend = try selection.open(computing: planned)
        let plan = try training.plan(on: backend)
        try selection.tune(backend, for: plan.work.operations)
        let bench = try StepBench(training, on: backend)
        try bench.step()
        let firstStep = ProgramStart.secondsSince
        for _ in 0..<2 { try bench.step() }

        let openCL = backend as? OpenCLBackend
        let before = (launches: openCL?.launches ?? 0, waits: openCL?.waits ?? 0)
        try bench.enqueue()
        let launches = openCL.map { $0.launches - before.launches }
        let waits = openCL.map { $0.waits - before.waits }
        try bench.drain()
        let allocations = backend.memoryUse.allocations
        var hostSeconds: [Double] = []
        let timing = try Timing(on: backend, warmups: 0, repetitions: steps) {
            let start = ContinuousClock.now
            try bench.enqueue()
            hostSeconds.append((ContinuousClock.now - start) / .seconds(1))
            try bench.drain()
        }
        let result = Result(
            backend: selection.kind(of: backend), device: backend.name,
            ms_per_step: 1e3 * timing.median,
            images_per_second: Double(training.batch) / timing.median,
            gflops: 2e-9 * Double(plan.work.total) / timing.median,
            peak_bytes: backend.memoryUse.peak, steps: timing.seconds.count,
            first_step_ms: 1e3 * firstStep, launches_per_step: launches,
            waits_per_step: waits,
            host_ms_per_step: launches.map { _ in
                1e3 * hostSeconds.sorted()[hostSeconds.count / 2]
            },
            late_allocations: backend.memoryUse.allocations - allocations)
        Console.result(
            json
                ? try LLSCommands.json(result)
                : "\(result.ms_per_step.fixed(2)) ms/step  \(result.images_per_second.fixed(0)) img/s"
                    + "  \(result.gflops.fixed(1)) GFLOP/s  \(megabytes(result.peak_bytes))  "
                    + result.device)
    }
}
