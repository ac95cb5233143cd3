import ArgumentParser
import FileFormats
import LocalLearning
import OpenCLBackend
import Profiling
import Tensors

struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Finds this OpenCL device's fastest kernels and keeps them for later runs.",
        discussion: """
            Example: lls tune --budget 120 --model LLS_VGG8
            Every variant must compute what the default does, to within rounding, before it is \
            timed; one that does not, or that the driver cannot build, is skipped and named. What is \
            found may add in another order: it is a part of the device, and a run's env.json says \
            which table it used. Training searches by itself for a few seconds where nothing is \
            known, but only for what does not change a byte; see --tuning.
            """)

    @OptionGroup var selection: BackendOptions
    @OptionGroup var options: ModelOptions
    @Option(help: "Time limit of the search in seconds.") var budget = 60.0
    @Flag(help: "Discard the device's table and search again.") var retune = false
    @Flag(help: "Print one JSON object per shape.") var json = false

    private struct Line: Encodable {
        let shape, variant: String
        let gain: Double
        let skipped: [String]
        let complete: Bool
    }

    /// What belongs to a run, and not to the search.
    private static let effects: [FlagEffect<Void>] = [
        FlagEffect("threads") { ": the search uses OpenCL devices only" },
        FlagEffect("tuning") { ": the search writes the table" },
        FlagEffect("convolution") { ": the search tries every algorithm" },
        FlagEffect("exact") { ": the search tries every algorithm" },
    ]

    func validate() throws {
        try requireSeconds("budget", budget)
    }

    func run() throws {
        let device = try selection.openCLDevice()
        for note in notes(on: Self.effects, in: ()) { Console.note("note     \(note)") }
        let engine = try selection.engine ?? device.traits.preferredEngine
        guard let store = TuningStore(for: device) else { throw TuningError.noCache }
        let known = retune ? .default : store.load()
        // Before the search, not after it: what cannot be kept is not worth a minute.
        do { try store.save(known, replacing: retune) } catch {
            throw TuningError.cannotKeep(store.file.legible, "\(error)")
        }
        var training = try options.training
        var operations: [DenseOperation] = []
        let network = training.network
        for rule in [network.rule, Backpropagation()] {
            training.network = try network.taught(by: rule)
            operations += try StepWork(of: training).operations
        }
        let table = try Tuner(device, engine: engine).search(
            operations, extending: known, scope: .all, budget: budget
        ) { finding in
            let line = Line(
                shape: finding.shape, variant: "\(finding.variant)", gain: finding.gain,
                skipped: finding.skipped.map { "\($0.variant): \($0.reason)" },
                complete: finding.isComplete)
            if json {
                if let text = try? LLSCommands.json(line) { Console.result(text) }
            } else {
                Console.result(
                    "\(line.gain.fixed(2)) times  \(line.shape): \(line.variant)"
                        + (line.complete ? "" : "  (no time left)"))
                for skipped in line.skipped { Console.result("  skipped \(skipped)") }
            }
        }
        try store.save(table)  // what was known is forgotten already
        Console.note("tuning   \(table.count) shapes of \(device.name) in \(store.file.legible)")
    }
}

/// A search whose findings could not be kept.
enum TuningError: Error, CustomStringConvertible {
    case noCache
    case cannotKeep(String, String)

    var description: String {
        switch self {
        case .noCache: "no folder for caches: set HOME or XDG_CACHE_HOME"
        case .cannotKeep(let path, let reason):
            "cannot write the tuning table \(path): \(reason)\n"
                + "set XDG_CACHE_HOME to a writable folder"
        }
    }
}
