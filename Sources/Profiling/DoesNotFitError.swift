import Tensors

/// Something that a device has no room for, seen before it was asked.
public struct DoesNotFitError: MemoryShortage {
    public let what, device: String
    /// Bytes that it needs at least; nil if that is more than any memory.
    public let bytesNeeded: Int?
    public let limits: MemoryLimits
    /// Of a training.
    public let largestBatch: LargestBatch?
    private let advice: String

    init(
        _ what: String, on backend: any Backend, bytesNeeded: Int?,
        largestBatch: LargestBatch? = nil, advice: String = ""
    ) {
        self.what = what
        device = backend.name
        self.bytesNeeded = bytesNeeded
        limits = backend.memoryLimits
        self.largestBatch = largestBatch
        self.advice =
            switch largestBatch {
            case nil: advice
            case .forTraining(let batch): "the largest batch that fits is \(batch)"
            case .forBoth(let batch):
                "the largest batch that fits is \(batch), in training and in testing"
            case .some(.none):
                "no batch fits: choose a smaller model, smaller images or another device"
            }
    }

    public var description: String {
        """
        out of memory: \(what) needs \(bytesNeeded.map { "at least \($0) bytes" } ?? "too much")
        \(device) has \(limits.total), and allows \(limits.allocation) in one allocation
        \(advice)
        """
    }
}
