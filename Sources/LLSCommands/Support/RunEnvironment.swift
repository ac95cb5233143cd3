import Foundation
import OpenCLBackend
import Tensors

/// What a run ran on: `env.json`.
struct RunEnvironment: Encodable {
    let lls = LLSCommand.version
    let backend: String
    /// Which tuning table shaped an OpenCL device's kernels: part of what a run depends on.
    let tuning: String?
    let system = ProcessInfo.processInfo.operatingSystemVersionString
    let processors = ProcessInfo.processInfo.activeProcessorCount

    init(_ backend: any Backend) {
        self.backend = backend.name
        tuning = (backend as? OpenCLBackend)?.tuning.identity
    }
}
