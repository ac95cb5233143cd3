import BuildInformation
import Foundation
import OpenCLBackend
import Profiling
import Tensors

/// What a run ran on: `env.json`.
struct RunEnvironment: Encodable {
    let lls = LLSCommand.version
    /// Empty if the program was not built from a commit.
    let commit = BuildInformation.commit
    /// Name and version.
    let libraries = Dictionary(
        BuildInformation.libraries.map { ($0.name, $0.version) }
    ) { first, _ in first }
    /// When the run began, or went on: ISO 8601.
    let date = Date().formatted(.iso8601)
    let backend: String
    /// Which tuning table shaped an OpenCL device's kernels: part of what a run depends on.
    let tuning: String?
    let system = ProcessInfo.processInfo.operatingSystemVersionString
    let processors = ProcessInfo.processInfo.activeProcessorCount
    /// Of the data set, see `ImageDataset.fingerprint()`.
    let dataFingerprint: String
    /// Device memory as the plan says, and its activations.
    let plannedBytes, plannedActivationBytes: Int

    private enum CodingKeys: String, CodingKey {
        case lls, commit, libraries, date, backend, tuning, system, processors
        case dataFingerprint = "data_fingerprint"
        case plannedBytes = "planned_bytes"
        case plannedActivationBytes = "planned_activation_bytes"
    }

    init(_ backend: any Backend, _ plan: TrainingPlan, fingerprint: String) {
        self.backend = backend.name
        tuning = (backend as? OpenCLBackend)?.tuning.identity
        dataFingerprint = fingerprint
        plannedBytes = plan.totalBytes
        plannedActivationBytes = plan.activationBytes
    }
}
