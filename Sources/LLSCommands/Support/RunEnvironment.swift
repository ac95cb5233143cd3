import BuildInformation
import Foundation
import OpenCLBackend
import Profiling
import Runs
import Tensors

extension RunEnvironmentRecord {
    /// What a run runs on, as of now.
    ///
    /// - Parameter fingerprint: of the data set, see `ImageDataset.fingerprint()`.
    init(_ backend: any Backend, _ plan: TrainingPlan, fingerprint: String) {
        self.init()
        lls = LLSCommand.version
        commit = BuildInformation.commit
        date = Date().formatted(.iso8601)
        self.backend = backend.name
        tuning = (backend as? OpenCLBackend)?.tuning.identity
        system = ProcessInfo.processInfo.operatingSystemVersionString
        processors = ProcessInfo.processInfo.activeProcessorCount
        libraries = Dictionary(
            BuildInformation.libraries.map { ($0.name, $0.version) }
        ) { first, _ in first }
        dataFingerprint = fingerprint
        plannedBytes = plan.totalBytes
        plannedActivationBytes = plan.activationBytes
    }
}
