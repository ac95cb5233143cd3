import ArgumentParser
import BLASBackend
import OpenCLBackend
import Tensors

struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Lists all OpenCL devices and tests each with a small computation.",
        discussion: "Example: lls devices --json")

    @Flag(help: "Print one JSON object per device.")
    var json = false

    private struct Line: Encodable {
        let id, name, type, platform, driver, opencl: String
        let compute_units, memory_bytes, largest_allocation_bytes: Int
        let status: String
    }

    func run() throws {
        do {
            for platform in try OpenCLPlatform.all() {
                for device in platform.devices { try show(line(device)) }
                if let problem = platform.problem { Console.note("\(platform.name): \(problem)") }
            }
        } catch let error as DeviceSelectionError {
            Console.note("\(error)")
        }
        let cpu = try BLASBackend()
        if !json { Console.result("cpu   \(cpu.name)  \(probe(cpu))") }
    }

    private func line(_ device: OpenCLDevice) -> Line {
        let traits = device.traits
        let status: String
        do { status = probe(try OpenCLBackend(device)) } catch { status = "failed: \(error)" }
        return Line(
            id: device.id, name: device.name, type: "\(device.kind)", platform: traits.platform,
            driver: traits.driver, opencl: device.openCLVersion,
            compute_units: traits.reportedComputeUnits, memory_bytes: traits.globalMemory,
            largest_allocation_bytes: traits.maxAllocation, status: status)
    }

    private func show(_ line: Line) throws {
        Console.result(
            json
                ? try LLSCommands.json(line)
                : "\(line.id)   \(line.name)  (\(line.type), \(line.platform), driver "
                    + "\(line.driver), \(line.compute_units) compute units, "
                    + "\(megabytes(line.memory_bytes)))  \(line.status)")
    }

    /// One kernel, and whether it computed what it should.
    private func probe(_ backend: any Backend) -> String {
        computationProblem(of: backend).map { "failed: \($0)" } ?? "ok"
    }
}
