import Tensors

/// The losses of the last few steps, one slot for each step and block, kept on the device so that no
/// step waits for them.
public final class LossRing {
    /// Steps that fit before the ring must be read.
    public let capacity: Int
    private let memory: Tensor
    private let slots: [[Tensor]]
    private let stride: Int
    private var used = 0

    /// - Parameter losses: losses of one step.
    public init(capacity: Int, losses: Int, on backend: any Backend) throws {
        self.capacity = capacity
        stride = backend.sliceAlignment
        let (stride, memory) = (stride, try backend.makeTensor([capacity * losses * stride]))
        self.memory = memory
        try backend.fill(memory, with: 0)
        slots = try (0..<capacity).map { step in
            try (0..<losses).map { loss in
                try backend.slice(memory, at: (step * losses + loss) * stride, [1])
            }
        }
    }

    public var isFull: Bool { used == capacity }

    /// The slots of the next step.
    ///
    /// - Precondition: the ring is not full.
    public func next() -> [Tensor] {
        precondition(!isFull, "the ring of \(capacity) steps must be read first")
        used += 1
        return slots[used - 1]
    }

    /// The losses of every step since the last reading, and an empty ring. Waits for the device.
    public func drain(on backend: any Backend) throws -> [[Float]] {
        guard used > 0 else { return [] }
        let values = try backend.read(memory)
        try backend.fill(memory, with: 0)
        let losses = slots[0].count
        defer { used = 0 }
        return (0..<used).map { step in
            (0..<losses).map { values[(step * losses + $0) * stride] }
        }
    }
}
