import BLASBackend
import Checkpoints
import Foundation
import LocalLearning
import OpenCLBackend
import Tensors
import TestSupport

/// Stops trainings of every rule and optimizer at random steps, on OpenBLAS and on PoCL with each kernel
/// engine. What goes on from the checkpoint ends in the state of a training that was not stopped.
func resumes(_ runs: Runs, until deadline: Date) throws -> String {
    let devices: [(name: String, backend: any Backend)] = [
        ("OpenBLAS", try BLASBackend(threads: 2)),
        ("register", try OpenCLBackend(engine: .register)),
        ("local", try OpenCLBackend(engine: .local)),
    ]
    let epochs = 15
    var wholes: [String: TrainerState] = [:]
    var (tried, passes) = (0, 0)
    while true {
        for device in devices {
            for rule in RuleCatalog.all {
                for kind in PublishedOptimizer.allCases {
                    guard Date() < deadline || tried == 0 else {
                        return "\(tried) resumes in memory: 11 rules x 5 optimizers x 3 backends, "
                            + "\(passes) times, each at a random step of \(4 * epochs): all states as "
                            + "in an undisturbed training"
                    }
                    func training() throws -> TinyTraining {
                        try TinyTraining(
                            rule: rule, optimizer: kind, epochs: epochs, on: device.backend)
                    }
                    let name = "\(device.name) \(rule.name) \(kind.name)"
                    if wholes[name] == nil {
                        let whole = try training()
                        try whole.run()
                        wholes[name] = try whole.trainer.state()
                    }
                    let step = Int(runs.chance(1...Double(4 * epochs - 1)))
                    let first = try training()
                    try first.run(until: step)
                    let folder = try TemporaryFolder()
                    try CheckpointStore(folder.path).save(try first.trainer.state())
                    let second = try training()
                    guard let checkpoint = try CheckpointStore(folder.path).newest() else {
                        throw Failure("\(name), step \(step): no checkpoint")
                    }
                    try second.trainer.restore(try checkpoint.state())
                    try second.run()
                    guard try second.trainer.state() == wholes[name] else {
                        throw Failure("\(name), step \(step): another state")
                    }
                    tried += 1
                }
            }
        }
        passes += 1
    }
}
