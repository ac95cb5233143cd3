import ArgumentParser
import BLASBackend
import FileFormats
import OpenCLBackend
import Runs
import Suggestions
import Tensors

/// Which backend a command runs on: the only place that knows them all.
struct BackendOptions: ParsableArguments {
    enum Kind: String, CaseIterable { case auto, opencl, cpu }

    /// What is done about kernels that a device's table says nothing of.
    enum Tuning: String, CaseIterable {
        /// The table is used, and a run searches for what it lacks, once, where no byte changes.
        case auto
        /// The table is used as it is.
        case cached
        /// Everything as shipped, whatever the table says.
        case off
    }

    @Option(help: "auto, opencl or cpu.")
    var backend = Kind.auto.rawValue

    @Option(help: "An OpenCL device: P:D as 'lls devices' lists it, or part of its name.")
    var device: String?

    @Option(help: "How OpenCL kernels are shaped: auto, register or local.")
    var kernelEngine = "auto"

    @Option(help: "OpenCL kernels by the device's tuning table: auto, cached or off.")
    var tuning = Environment.variables["LLS_TUNING"] ?? Tuning.auto.rawValue

    @Option(
        help: """
            How 3×3 convolutions are computed: automatic (unless a command says else), direct, \
            winograd2 or winograd4.
            """)
    var convolution: String?

    @Flag(
        help: """
            What rounds least: --convolution direct, and fused multiply-adds on OpenCL devices that \
            have no instruction for them, too.
            """)
    var exact = false

    @Option(help: "Threads of the CPU backend; default: all cores.")
    var threads: Int?

    func validate() throws {
        let kind = try kind
        _ = try engine
        _ = try tuningMode
        if let algorithm = try algorithm, exact, ![.automatic, .direct].contains(algorithm) {
            throw ValidationError("--exact is --convolution direct, not \(algorithm.rawValue)")
        }
        if let threads { try requirePositive(("threads", threads)) }
        if kind == .cpu, device != nil {
            throw ValidationError("--device names an OpenCL device, so not with --backend cpu")
        }
    }

    private var kind: Kind {
        get throws { try lookUp(backend, among: Kind.allCases, called: "backend", by: \.rawValue) }
    }

    private var tuningMode: Tuning {
        get throws { try lookUp(tuning, among: Tuning.allCases, called: "tuning", by: \.rawValue) }
    }

    /// The one that was named.
    private var algorithm: ConvolutionAlgorithm? {
        get throws {
            try convolution.map {
                try lookUp(
                    $0, among: ConvolutionAlgorithm.allCases, called: "convolution algorithm",
                    by: \.rawValue)
            }
        }
    }

    var engine: KernelEngine? {
        get throws {
            if plainName(kernelEngine) == "auto" { return nil }
            return try lookUp(
                kernelEngine, among: KernelEngine.allCases, called: "kernel engine", by: \.rawValue)
        }
    }

    /// Opens the backend. One that was named is never replaced by another; what `auto` took, and
    /// why, goes to standard error.
    ///
    /// - Parameters:
    ///   - profiling: whether a device's kernels are to be timed.
    ///   - exactly: whether what rounds least is usual, though an algorithm may be named.
    func open(profiling: Bool = false, exactly: Bool = false) throws -> any Backend {
        let backend = try backend(profiling, exact || exactly ? .exact : .fast)
        let usual = exactly ? ConvolutionAlgorithm.direct : .automatic
        (backend as? any ConvolutionAlgorithmChoosing)?.convolutionAlgorithm =
            exact ? .direct : try algorithm ?? usual
        return backend
    }

    private func backend(_ profiling: Bool, _ multiplyAdd: MultiplyAdd) throws -> any Backend {
        switch try kind {
        case .cpu: return try BLASBackend(threads: threads)
        case .opencl: return try openCL(profiling, multiplyAdd)
        case .auto where device != nil: return try openCL(profiling, multiplyAdd)
        case .auto:
            do {
                let backend = try openCL(profiling, multiplyAdd)
                Console.note("device   \(backend.name)  (auto: the first of GPU, OpenCL CPU)")
                return backend
            } catch let error as DeviceSelectionError {
                let backend = try BLASBackend(threads: threads)
                Console.note("device   \(backend.name)  (auto: \(error))")
                return backend
            }
        }
    }

    /// The OpenCL device that is meant, for commands that want no other.
    func openCLDevice() throws -> OpenCLDevice {
        guard try kind != .cpu else {
            throw ValidationError("only OpenCL devices are tuned, so not with --backend cpu")
        }
        return try OpenCLDevice.select(device ?? "auto")
    }

    /// Writes the selection into a run's configuration.
    func record(in configuration: inout RunConfiguration) {
        configuration.backend = backend
        configuration.device = device
        configuration.kernelEngine = kernelEngine
        configuration.threads = threads
        configuration.convolution = convolution ?? ConvolutionAlgorithm.automatic.rawValue
        configuration.tuning = tuning
        configuration.exact = exact
    }

    private func openCL(_ profiling: Bool, _ multiplyAdd: MultiplyAdd) throws -> OpenCLBackend {
        let device = try OpenCLDevice.select(device ?? "auto")
        let isTuned = try tuningMode != .off
        return try OpenCLBackend(
            device, engine: try engine, profiling: profiling,
            tuning: isTuned ? TuningStore(for: device)?.load() ?? .shipped : .shipped,
            multiplyAdd: multiplyAdd)
    }

    /// `opencl` or `cpu`.
    func kind(of backend: any Backend) -> String { backend is OpenCLBackend ? "opencl" : "cpu" }
}

// MARK: Tuning

extension BackendOptions {
    /// Seconds that a first run may spend on the search.
    private static var searchBudget: Double { 10 }

    /// Searches, before the first step, for the kernels of `operations` that the device's table
    /// says nothing of, and keeps what it finds. It never changes a byte of any result, so a run
    /// with another table, or none, computes the same. Where it cannot be kept there is no search.
    func tune(_ backend: any Backend, for operations: [DenseOperation]) throws {
        guard try tuningMode == .auto, let backend = backend as? OpenCLBackend,
            Tuner.isNeeded(for: operations, backend.tuning, engine: backend.engine),
            let store = TuningStore(for: backend.device)
        else { return }
        do { try store.save(backend.tuning) } catch {
            Console.note("tuning   off: cannot write \(store.file.legible)")
            return
        }
        Console.note(
            "tuning   new shapes on this device: searching, \(Self.searchBudget.fixed(0)) s at most"
        )
        let table = try Tuner(backend.device, engine: backend.engine).search(
            operations, extending: backend.tuning, scope: .sameBytes, budget: Self.searchBudget
        ) { finding in
            for (variant, reason) in finding.skipped {
                Console.note("tuning   skipped \(finding.shape), \(variant): \(reason)")
            }
        }
        try store.save(table)
        backend.tuning = table
        Console.note("tuning   \(table.count) shapes in \(store.file.legible)")
    }
}
