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

    /// The use of a device's tuning table.
    enum Tuning: String, CaseIterable {
        /// The table is used. A run searches for missing entries, once, among kernels that change no
        /// byte.
        case auto
        /// The table is used as it is.
        case cached
        /// The default kernels, whatever the table says.
        case off
    }

    @Option(
        help: "The backend; auto prefers an OpenCL GPU, then an OpenCL CPU, then cpu (OpenBLAS).")
    var backend = Named<Cases<Kind>>("auto")

    @Option(
        help: "An OpenCL device: P:D as 'lls devices' lists it, or part of its name.",
        completion: .devices)
    var device: String?

    @Option(help: "The OpenCL kernels: register for processors, local for GPUs.")
    var kernelEngine = Named<EngineNames>("auto")

    @Option(
        help: """
            The device's tuning table: auto uses and completes it, cached only uses it, off uses the \
            default kernels.
            """)
    var tuning = Named<Cases<Tuning>>(Environment.variables["LLS_TUNING"] ?? "auto")

    @Option(
        help: """
            The algorithm of 3×3 convolutions of stride 1 (default: automatic).
            """)
    var convolution: Named<Cases<ConvolutionAlgorithm>>?

    @Flag(
        inversion: .prefixedNo,
        help: """
            Smallest rounding error: direct convolutions, and emulated fused multiply-adds on OpenCL \
            devices that lack them.
            """)
    var exact = false

    @Option(help: "Threads of the CPU backend (default: all cores).")
    var threads: Int?

    func validate() throws {
        let kind = try backend.entry
        _ = try engine
        _ = try tuning.entry
        if let algorithm = try convolution?.entry, exact, algorithm != .automatic,
            algorithm != .direct
        {
            throw ValidationError("--exact means --convolution direct, not \(algorithm.rawValue)")
        }
        try requireWithinBounds(("threads", threads))
        if kind == .cpu, device != nil {
            throw ValidationError(
                "--device names an OpenCL device and cannot be used with --backend cpu")
        }
    }

    var engine: KernelEngine? {
        get throws { try kernelEngine.entry }
    }

    /// Opens the backend. One that was named is never replaced by another; what `auto` took, and
    /// why, goes to standard error, and so do flags without effect.
    ///
    /// - Parameters:
    ///   - profiling: whether a device's kernels are to be timed.
    ///   - exactly: whether what rounds least is usual, though an algorithm may be named.
    ///   - computing: what it is to compute, if that is known.
    func open(
        profiling: Bool = false, exactly: Bool = false, computing: [DenseOperation]? = nil
    ) throws -> any Backend {
        let (backend, reason) = try choose(profiling: profiling, exactly: exactly)
        if let reason { Console.note("device   \(backend.name)  (auto: \(reason))") }
        for note in notes(on: backend, computing) { Console.note("note     \(note)") }
        return backend
    }

    /// The backend, and why `auto` took it; nil if it was named.
    func choose(
        profiling: Bool = false, exactly: Bool = false
    ) throws -> (backend: any Backend, reason: String?) {
        let chosen = try chosen(profiling, exact || exactly ? .emulated : .separate)
        let usual = exactly ? ConvolutionAlgorithm.direct : .automatic
        (chosen.backend as? any ConvolutionAlgorithmChoosing)?.convolutionAlgorithm =
            exact ? .direct : try convolution?.entry ?? usual
        return chosen
    }

    /// The flags that were given and have no effect on this backend.
    func notes(on backend: any Backend, _ operations: [DenseOperation]?) -> [String] {
        let choosesConvolutions = operations?.contains { operation in
            guard case .convolution(let geometry, _) = operation else { return false }
            return geometry.allowsWinograd
        }
        return LLSCommands.notes(
            on: BackendContext.effects,
            in: BackendContext(
                isOpenCL: backend is OpenCLBackend,
                choosesConvolutions: choosesConvolutions ?? true))
    }

    private func chosen(
        _ profiling: Bool, _ fma: FMAPolicy
    ) throws -> (backend: any Backend, reason: String?) {
        switch try backend.entry {
        case .cpu: return (try BLASBackend(threads: threads), nil)
        case .opencl: return (try openCL(profiling, fma), nil)
        case .auto where device != nil: return (try openCL(profiling, fma), nil)
        case .auto:
            do {
                return (try openCL(profiling, fma), "the first of GPU, OpenCL CPU")
            } catch let error as DeviceSelectionError {
                return (try BLASBackend(threads: threads), "\(error)")
            }
        }
    }

    /// The OpenCL device that is meant, for commands that want no other.
    func openCLDevice() throws -> OpenCLDevice {
        guard try backend.entry != .cpu else {
            throw ValidationError("only OpenCL devices can be tuned: leave out --backend cpu")
        }
        return try OpenCLDevice.select(device ?? "auto")
    }

    /// Writes the selection into a run's configuration.
    func record(in configuration: inout RunConfiguration) {
        configuration.backend = backend.text
        configuration.device = device
        configuration.kernelEngine = kernelEngine.text
        configuration.threads = threads
        configuration.convolution = convolution?.text ?? ConvolutionAlgorithm.automatic.rawValue
        configuration.tuning = tuning.text
        configuration.exact = exact
    }

    private func openCL(_ profiling: Bool, _ fma: FMAPolicy) throws -> OpenCLBackend {
        let device = try OpenCLDevice.select(device ?? "auto")
        let isTuned = try tuning.entry != .off
        return try OpenCLBackend(
            device, engine: try engine, profiling: profiling,
            tuning: isTuned ? TuningStore(for: device)?.load() ?? .default : .default,
            fma: fma)
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
        guard try tuning.entry == .auto, let backend = backend as? OpenCLBackend,
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
