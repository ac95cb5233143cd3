import FileFormats
import LocalLearning
import OpenCLBackend
import Runs
import Tensors

/// Flags that can be given where they change nothing. They are taken, since published commands name
/// some of them, but their user hears of it.
struct FlagEffect<Context>: Sendable {
    /// All spellings.
    let names: [String]
    /// What keeps it from having an effect, behind "has no effect"; nil if it has one.
    let obstacle: @Sendable (Context) -> String?

    init(_ names: String..., obstacle: @escaping @Sendable (Context) -> String?) {
        self.names = names
        self.obstacle = obstacle
    }
}

/// A line for each of the `given` flags that has no effect.
func notes<Context>(
    on table: [FlagEffect<Context>], in context: Context,
    given: Set<String> = CommandArguments.flags(in: Environment.arguments)
) -> [String] {
    table.compactMap { effect in
        guard let name = effect.names.first(where: given.contains),
            let obstacle = effect.obstacle(context)
        else { return nil }
        return "\(name.count == 1 ? "-" : "--")\(name) has no effect\(obstacle)"
    }
}

/// A training run, as far as it decides which flags count.
struct RunContext {
    let choices: Choices
    let epochs: Int

    fileprivate func stages(_ stage: Stage) -> String? {
        choices.model.stages.contains(stage) ? nil : " with \(choices.model.name)"
    }

    fileprivate func schedule(_ kinds: ScheduleKind...) -> String? {
        guard kinds.contains(choices.scheduleKind) else {
            return " with --lr-scheduler \(choices.scheduleKind.rawValue)"
        }
        return choices.schedule.isConstant(for: epochs)
            ? " in \(epochs) epochs: the rate is constant" : nil
    }

    fileprivate func optimizer(_ setting: OptimizerSetting) -> String? {
        choices.optimizer.settingsRead.contains(setting)
            ? nil : " with \(choices.optimizer.name)"
    }

    static let effects: [FlagEffect<RunContext>] = [
        FlagEffect("waveform") {
            $0.choices.rule.usesBasis ? nil : " with \($0.choices.rule.name)"
        },
        FlagEffect("temperature") { $0.localLoss },
        FlagEffect("label-smoothing") { $0.localLoss },
        FlagEffect("momentum") { $0.optimizer(.momentum) },
        FlagEffect("nesterov") { $0.optimizer(.nesterov) },
        FlagEffect("warmup-steps") { $0.optimizer(.warmupSteps) },
        FlagEffect("milestones", "milestone", "m") { $0.schedule(.multiStep) },
        FlagEffect("gamma") { $0.schedule(.multiStep, .plateau) },
        FlagEffect("patience") { $0.schedule(.plateau) },
        FlagEffect("dropout") { $0.stages(.dropout) },
        FlagEffect("pool") { $0.stages(.maxPool) },
        FlagEffect("no-exif") {
            $0.choices.dataset.appliesOrientation
                ? nil : " with \($0.choices.dataset.name): its images are never turned"
        },
        FlagEffect("classes-per-batch") { _ in ": it is only accepted for compatibility" },
        FlagEffect("record-gpu-mem") { _ in ": peak memory is always recorded" },
    ]

    private var localLoss: String? {
        choices.rule is any LocalRule ? nil : " with \(choices.rule.name)"
    }
}

/// An opened backend and what it is to compute.
struct BackendContext {
    let isOpenCL: Bool
    /// Whether there are convolutions that can be computed in several ways.
    let choosesConvolutions: Bool

    static let effects: [FlagEffect<BackendContext>] = [
        FlagEffect("threads") { $0.isOpenCL ? " with OpenCL: only the CPU backend uses it" : nil },
        FlagEffect("kernel-engine") { $0.isOpenCL ? nil : onCPU },
        FlagEffect("tuning") { $0.isOpenCL ? nil : onCPU },
        FlagEffect("convolution") {
            $0.choosesConvolutions
                ? nil : ": the network has no 3×3 convolution of stride 1"
        },
    ]

    private static let onCPU = " with the CPU backend: only OpenCL devices use it"
}
