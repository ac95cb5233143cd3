import Foundation
import Tensors

/// Measures the steps of a run: losses and hits stay on the device until somebody asks for them.
final class StepMeter {
    private let network: Network
    private let losses: LossBuffer
    /// Hits since the last reading.
    private let correct: Tensor
    /// Samples since the last reading.
    private var samples = 0
    private var unreported: Sums
    /// When the epoch began or went on, and its samples since then.
    private var start = Date()
    private var samplesOfEpoch = 0

    /// What was read and is in no report yet.
    private struct Sums {
        var steps = 0, samples = 0, correct = 0
        var losses: [Double]
    }

    init(_ network: Network, capacity: Int) throws {
        self.network = network
        losses = try LossBuffer(
            capacity: capacity, losses: network.lossNames.count, on: network.backend)
        correct = try network.backend.makeTensor([1], .int32)
        unreported = Sums(losses: network.lossNames.map { _ in 0 })
        try clearCount()
    }

    /// Whether it must be read before the next step.
    var isFull: Bool { losses.isFull }

    /// Starts the clock.
    func startEpoch() {
        start = Date()
        samplesOfEpoch = 0
    }

    /// Forgets what was measured: the run goes on from another state.
    func reset() throws {
        _ = try losses.drain()
        try clearCount()
        samples = 0
        unreported = Sums(losses: unreported.losses.map { _ in 0 })
    }

    /// A step of the network, measured.
    func step(batch: Int, _ optimizers: [any Optimizer]) throws {
        try network.step(
            batch: batch, optimizers, losses: try losses.next(), countingCorrectIn: correct)
        samples += batch
        samplesOfEpoch += batch
    }

    /// Adds what was measured since the last reading to the position, which stands at the last step.
    /// Waits for the device.
    ///
    /// - Throws: ``DivergenceError`` for a loss that is not a finite number.
    func read(into position: inout TrainingPosition) throws {
        let read = try losses.drain()
        guard !read.isEmpty else { return }
        for (index, losses) in read.enumerated() {
            for (block, loss) in losses.enumerated() {
                guard loss.isFinite else {
                    throw DivergenceError(
                        quantity: .loss(network.lossNames[block]), epoch: position.epoch,
                        step: position.batches - read.count + index + 1, value: Double(loss))
                }
                position.lossSums[block] += Double(loss)
                unreported.losses[block] += Double(loss)
            }
        }
        let hits = Int(try network.backend.readIntegers(correct)[0])
        try clearCount()
        position.samples += samples
        position.correct += hits
        unreported.steps += read.count
        unreported.samples += samples
        unreported.correct += hits
        samples = 0
    }

    /// What was read since the last report; nil if no step was.
    func report(at position: TrainingPosition, stepsInEpoch: Int) -> StepReport? {
        guard unreported.steps > 0 else { return nil }
        let sums = unreported
        unreported = Sums(losses: sums.losses.map { _ in 0 })
        return StepReport(
            epoch: position.epoch, step: position.batches, stepsInEpoch: stepsInEpoch,
            steps: sums.steps, losses: sums.losses.map { Float($0 / Double(sums.steps)) },
            top1: 100 * Double(sums.correct) / Double(max(sums.samples, 1)),
            imagesPerSecond: imagesPerSecond)
    }

    /// Since the epoch began or went on.
    var seconds: Double { Date().timeIntervalSince(start) }
    var imagesPerSecond: Double { Double(samplesOfEpoch) / max(seconds, 1e-9) }

    private func clearCount() throws {
        let zero: [Int32] = [0]
        try zero.withUnsafeBytes { try network.backend.upload($0, to: correct) }
    }
}
