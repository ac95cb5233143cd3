import ArgumentParser
import FileFormats
import LocalLearning
import Profiling
import Tensors

struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Analyses a training step: bytes, multiply–accumulates, time by kernel.",
        discussion: """
            Example: lls profile --model LLS_VGG8 --rule LLS --trace step.json
            With --compare-rules nothing is computed: the work and the memory of a step are counted for \
            every rule, and compared with backpropagation and with what the paper of LLS claims.
            """)

    @OptionGroup var selection: BackendOptions
    @OptionGroup var options: ModelOptions
    @Option(help: "Number of measured steps.") var steps = 5
    @Option(
        help: "Write every launch to this file, for chrome://tracing or ui.perfetto.dev.",
        completion: .file(), transform: pathArgument)
    var trace: String?
    @Flag(help: "Count the work and the memory of every rule, without a device.")
    var compareRules = false
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws { try requireWithinBounds(("steps", steps)) }

    func run() throws {
        if compareRules {
            let comparison = try RuleComparison(try options.training, input: options.input)
            if json { return Console.result(try LLSCommands.json(comparison)) }
            return comparison.lines.forEach(Console.result)
        }
        if let trace { _ = try AtomicFile(trace) }  // refused now, not after the measurement
        let training = try options.training
        let planned = try StepWork(of: training).operations
        let device = try selection.open(profiling: true, computing: planned)
        let plan = try training.plan(on: device)
        try selection.tune(device, for: plan.work.operations)
        let timed = TimedDevice(device)
        let bench = try StepBench(training, on: timed.backend)
        for _ in 0..<2 { try bench.step() }
        try timed.reset()

        let start = ContinuousClock.now
        for _ in 0..<steps { try bench.step() }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let spans = try timed.spans()
        if let trace { try writeTrace(spans, of: device.name, to: trace) }
        let profile = StepProfile(
            device: device.name, plan: plan, peakBytes: device.memoryUse.peak, spans: spans,
            steps: steps, seconds: seconds, rules: try rules(training))
        if json {
            Console.result(try LLSCommands.json(profile))
        } else {
            profile.lines.forEach(Console.result)
        }
    }

    /// What every rule would cost; without those that cannot run on the model.
    private func rules(_ training: PlannedTraining) throws -> [(name: String, work: StepWork)] {
        try Registry.rules.compactMap { rule in
            var other = training
            do {
                other.network = try training.network.taught(by: rule)
                return (rule.name, try StepWork(of: other))
            } catch is ArchitectureError {
                return nil
            }
        }
    }
}

/// What `profile` prints, for people and for programs.
private struct StepProfile: Encodable {
    struct Memory: Encodable {
        let activations, parameters, gradients, optimizer, other, scratch: Int
        let planned, measured_peak: Int
    }
    struct Work: Encodable {
        let name: String
        let forward, learning_signal, weight_gradient, input_gradient: Int

        init(_ name: String, _ count: (WorkPhase) -> Int) {
            self.name = name
            forward = count(.forward)
            learning_signal = count(.learningSignal)
            weight_gradient = count(.weightGradient)
            input_gradient = count(.inputGradient)
        }

        var total: Int { forward + learning_signal + weight_gradient + input_gradient }
    }
    struct Kernel: Encodable {
        let name: String
        let launches_per_step, ms_per_step: Double
    }

    let device: String
    let bytes: Memory
    /// Multiply–accumulates of one step, by block and, for every rule, in all.
    let blocks, rules: [Work]
    /// The costliest first.
    let kernels: [Kernel]
    let launches_per_step, ms_per_step: Double

    init(
        device: String, plan: TrainingPlan, peakBytes: Int, spans: [TimedSpan], steps: Int,
        seconds: Double, rules: [(name: String, work: StepWork)]
    ) {
        self.device = device
        bytes = Memory(
            activations: plan.activationBytes, parameters: plan.parameterBytes,
            gradients: plan.gradientBytes, optimizer: plan.optimizerBytes,
            other: plan.otherBytes, scratch: plan.scratchBytes, planned: plan.totalBytes,
            measured_peak: peakBytes)
        blocks = plan.work.blocks.map { block in
            Work(block.name) { block.multiplyAccumulates[$0] ?? 0 }
        }
        self.rules = rules.map { Work($0.name, $0.work.total) }
        kernels = Dictionary(grouping: spans, by: \.name).map { name, spans in
            Kernel(
                name: name, launches_per_step: Double(spans.count) / Double(steps),
                ms_per_step: 1e3 * spans.map(\.seconds).reduce(0, +) / Double(steps))
        }.sorted { ($1.ms_per_step, $0.name) < ($0.ms_per_step, $1.name) }
        launches_per_step = Double(spans.count) / Double(steps)
        ms_per_step = 1e3 * seconds / Double(steps)
    }

    var lines: [String] {
        let busy = kernels.map(\.ms_per_step).reduce(0, +)
        let kernelWidth = max(24, kernels.map(\.name.count).max() ?? 0)
        return [device, "", "bytes"]
            + [
                ("activations", bytes.activations), ("parameters", bytes.parameters),
                ("gradients", bytes.gradients), ("optimizer", bytes.optimizer),
                ("other", bytes.other), ("scratch", bytes.scratch), ("planned", bytes.planned),
                ("measured peak", bytes.measured_peak),
            ].map { "  \($0.0.padded(to: 24)) \(megabytes($0.1).padded(to: -12))" }
            + [""] + table("million multiply–accumulates per step", blocks)
            + [""] + table("the same, by rule", rules)
            + [
                "",
                "time by kernel: \(ms_per_step.fixed(2)) ms per step, \(busy.fixed(2)) ms of them busy, "
                    + "\(launches_per_step.fixed(1)) launches",
            ]
            + kernels.map { kernel in
                "  \(kernel.name.padded(to: kernelWidth)) \(kernel.ms_per_step.fixed(3).padded(to: -12)) ms"
                    + "\((100 * kernel.ms_per_step / max(busy, 1e-9)).fixed(1).padded(to: -8)) %"
                    + "\(kernel.launches_per_step.fixed(1).padded(to: -8)) launches"
            }
    }

    private func table(_ title: String, _ rows: [Work]) -> [String] {
        let nameWidth = max(24, rows.map(\.name.count).max() ?? 0)
        func line(_ name: String, _ cells: [String]) -> String {
            "  " + name.padded(to: nameWidth) + cells.map { $0.padded(to: -17) }.joined()
        }
        let header = line(
            "", ["forward", "learning signal", "weight gradient", "input gradient", "all"])
        return [title, header]
            + rows.map { row in
                line(
                    row.name,
                    [
                        row.forward, row.learning_signal, row.weight_gradient, row.input_gradient,
                        row.total,
                    ].map { (1e-6 * Double($0)).fixed(2) })
            }
    }
}

extension String {
    /// With spaces behind it, or with a negative width before it.
    fileprivate func padded(to width: Int) -> String {
        let space = String(repeating: " ", count: max(abs(width) - count, 0))
        return width < 0 ? space + self : self + space
    }
}
