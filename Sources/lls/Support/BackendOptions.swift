import ArgumentParser
import BLASBackend
import OpenCLBackend
import Runs
import Suggestions
import Tensors

/// Which backend a command runs on: the only place that knows them all.
struct BackendOptions: ParsableArguments {
    enum Kind: String, CaseIterable { case auto, opencl, cpu }

    @Option(help: "auto, opencl or cpu.")
    var backend = Kind.auto.rawValue

    @Option(help: "An OpenCL device: P:D as 'lls devices' lists it, or part of its name.")
    var device: String?

    @Option(help: "How OpenCL kernels are shaped: auto, register or local.")
    var kernelEngine = "auto"

    @Option(help: "Threads of the CPU backend; default: all cores.")
    var threads: Int?

    func validate() throws {
        let kind = try kind
        _ = try engine
        if let threads { try requirePositive(("threads", threads)) }
        if kind == .cpu, device != nil {
            throw ValidationError("--device names an OpenCL device, so not with --backend cpu")
        }
    }

    private var kind: Kind {
        get throws { try lookUp(backend, among: Kind.allCases, called: "backend", by: \.rawValue) }
    }

    private var engine: KernelEngine? {
        get throws {
            if plainName(kernelEngine) == "auto" { return nil }
            return try lookUp(
                kernelEngine, among: KernelEngine.allCases, called: "kernel engine", by: \.rawValue)
        }
    }

    /// Opens the backend. One that was named is never replaced by another; what `auto` took, and
    /// why, goes to standard error.
    ///
    /// - Parameter profiling: whether a device's kernels are to be timed.
    func open(profiling: Bool = false) throws -> any Backend {
        switch try kind {
        case .cpu: return try BLASBackend(threads: threads)
        case .opencl: return try openCL(profiling)
        case .auto where device != nil: return try openCL(profiling)
        case .auto:
            do {
                let backend = try openCL(profiling)
                Console.note("device   \(backend.name)  (auto: the first of GPU, OpenCL CPU)")
                return backend
            } catch let error as DeviceSelectionError {
                let backend = try BLASBackend(threads: threads)
                Console.note("device   \(backend.name)  (auto: \(error))")
                return backend
            }
        }
    }

    /// Writes the selection into a run's configuration.
    func record(in configuration: inout RunConfiguration) {
        configuration.backend = backend
        configuration.device = device
        configuration.kernelEngine = kernelEngine
        configuration.threads = threads
    }

    private func openCL(_ profiling: Bool) throws -> OpenCLBackend {
        try OpenCLBackend(
            device: device ?? "auto", engine: try engine, profiling: profiling)
    }

    /// `opencl` or `cpu`.
    func kind(of backend: any Backend) -> String { backend is OpenCLBackend ? "opencl" : "cpu" }
}
