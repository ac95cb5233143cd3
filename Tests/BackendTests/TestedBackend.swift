import BLASBackend
import OpenCLBackend
import ReferenceBackend
import Tensors
import Testing

/// A backend that the catalogue is run on. Backends are not `Sendable`: each test opens its own.
struct TestedBackend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let open: @Sendable () throws -> any Backend

    init(_ name: String, open: @escaping @Sendable () throws -> any Backend) {
        testDescription = name
        self.open = open
    }

    /// Rounds to Float32 when it is read, nothing else: the suite's bounds leave room for that.
    static let reference = TestedBackend("reference") { ReferenceBackend() }

    /// Every device of every OpenCL platform that is here, with each kernel engine.
    static let openCL: [TestedBackend] = {
        let devices = (try? OpenCLPlatform.all().flatMap(\.devices)) ?? []
        return devices.flatMap { device in
            KernelEngine.allCases.map { engine in
                TestedBackend("OpenCL \(device.id) \(device.name), \(engine)") { [id = device.id] in
                    try OpenCLBackend(device: id, engine: engine)
                }
            }
        }
    }()

    /// One thread, and more than there are cores: parts end in other places.
    static let blas = [1, 2, 5].map { (threads: Int) in
        TestedBackend("OpenBLAS, threads: \(threads)") { try BLASBackend(threads: threads) }
    }

    static let all = [reference] + blas + openCL
}
