import ArgumentParser
import BLASBackend
import FileFormats
import Foundation
import OpenCLBackend
import Tensors

/// What `lls doctor` does with drivers, in processes of its own. Each step is reported as soon as it is
/// done, so that a crash shows which one did it.
enum Probe: ExpressibleByArgument {
    /// Loads a driver's library and asks it for its platforms.
    case library(String)
    /// Asks all drivers for their devices, as training does.
    case devices
    /// Has a device compute.
    case device(String)

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("library", let path?): self = .library(path)
        case ("devices", nil): self = .devices
        case ("device", let id?): self = .device(id)
        default: return nil
        }
    }

    var argument: String {
        switch self {
        case .library(let path): "library=\(path)"
        case .devices: "devices"
        case .device(let id): "device=\(id)"
        }
    }

    /// A line that the process prints.
    struct Step: Codable {
        /// `loaded`, `entry`, `platforms`, `platform`, `device`, `computed`, `failed`.
        var step: String
        var reason: String?
        var count: Int?
        var platform: Platform?
        var device: Device?
    }

    struct Platform: Codable {
        var name, version: String
        var problem: String?
    }

    struct Device: Codable {
        var id, name, type, platform, vendor, driver, opencl: String
        var compute_units, memory_bytes: Int
    }

    /// Does it, and ends the process: drivers may crash when a process ends in order, which says nothing
    /// of training.
    func run() -> Never {
        // Drivers print to standard output, too.
        let channel = dup(STDOUT_FILENO)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        func report(_ step: Step) {
            guard let line = try? JSONText.line(step) else { return }
            _ = Array((line + "\n").utf8).withUnsafeBytes {
                FileCalls.real.writeAll(channel, $0)
            }
        }
        do { try run(report) } catch { report(Step(step: "failed", reason: "\(error)")) }
        _exit(0)
    }

    private func run(_ report: (Step) -> Void) throws {
        switch self {
        case .library(let path): Self.load(path, report)
        case .devices:
            for platform in try OpenCLPlatform.all() {
                report(
                    Step(
                        step: "platform",
                        platform: Platform(
                            name: platform.name, version: platform.version,
                            problem: platform.problem)))
                for device in platform.devices {
                    report(Step(step: "device", device: Device(device)))
                }
            }
        case .device(let id):
            let backend = try OpenCLBackend(try OpenCLDevice.select(id))
            let problem = computationProblem(of: backend)
            report(Step(step: problem == nil ? "computed" : "failed", reason: problem))
        }
    }

    /// As OpenCL's loader does it.
    private static func load(_ path: String, _ report: (Step) -> Void) {
        typealias Address = @convention(c) (UnsafePointer<CChar>) -> UnsafeMutableRawPointer?
        typealias Platforms =
            @convention(c) (
                UInt32, UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt32>?
            ) -> Int32
        guard let library = path.withPathBytes({ dlopen($0, RTLD_LAZY | RTLD_LOCAL) }) else {
            let reason = dlerror().map { String(cString: $0) }
            return report(Step(step: "failed", reason: reason ?? "it cannot be loaded"))
        }
        report(Step(step: "loaded"))
        let name = "clIcdGetPlatformIDsKHR"
        let address = dlsym(library, "clGetExtensionFunctionAddress")
            .map { unsafeBitCast($0, to: Address.self) }
        guard let entry = address?(name) ?? dlsym(library, name) else {
            return report(
                Step(
                    step: "failed",
                    reason: "it is no OpenCL driver: it lacks the entry point \(name)"))
        }
        report(Step(step: "entry"))
        var count: UInt32 = 0
        let code = unsafeBitCast(entry, to: Platforms.self)(0, nil, &count)
        // -1001 is its way to say that it has none.
        guard code == 0 || code == -1001 else {
            return report(
                Step(
                    step: "failed", reason: "it answers with error \(code) when asked for platforms"
                ))
        }
        report(Step(step: "platforms", count: Int(count)))
    }
}

extension Probe.Device {
    fileprivate init(_ device: OpenCLDevice) {
        let traits = device.traits
        self.init(
            id: device.id, name: device.name, type: "\(device.kind)", platform: traits.platform,
            vendor: traits.vendor, driver: traits.driver, opencl: device.openCLVersion,
            compute_units: traits.reportedComputeUnits, memory_bytes: traits.globalMemory)
    }
}

/// One kernel: what is wrong if the backend does not compute what it should.
func computationProblem(of backend: any Backend) -> String? {
    do {
        let values: [Float] = [1, 2, 3, 4, 5]
        let tensor = try backend.makeTensor([5], values)
        let sum = try backend.makeTensor([5], values)
        try backend.scaleAdd(2, tensor, 1, into: sum)
        let result = try backend.read(sum)
        return result == values.map { 3 * $0 } ? nil : "computed \(result)"
    } catch {
        return "\(error)"
    }
}
