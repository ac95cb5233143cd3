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

    static let all = [
        // Rounds to Float32 when it is read, nothing else: the suite's bounds leave room for that.
        TestedBackend("reference") { ReferenceBackend() }
    ]
}
