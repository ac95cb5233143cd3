import Tensors

/// The losses of the last few steps, one slot for each step and block, kept on the device so that no
/// step waits for them.
///
/// However many steps it holds, the device keeps the last 64 of them at most: the buffer
/// reads those itself when they are full, and every slot is a slice of the device's memory, of which
/// there should not be hundreds of thousands.
public final class LossBuffer {
    /// Steps that fit before the buffer must be read.
    public let capacity: Int
    private let backend: any Backend
    private let memory: Tensor
    private let slots: [[Tensor]]
    private let stride: Int
    /// Losses that were read from the device already.
    private var read: [[Float]] = []
    /// Slots in use.
    private var used = 0

    private static let stepsOnDevice = 64

    /// - Parameter losses: losses of one step.
    public init(capacity: Int, losses: Int, on backend: any Backend) throws {
        self.capacity = capacity
        self.backend = backend
        stride = backend.sliceAlignment(of: .float32)
        let (stride, steps) = (stride, min(capacity, Self.stepsOnDevice))
        let memory = try backend.makeTensor([steps * losses * stride])
        self.memory = memory
        try backend.fill(memory, with: 0)
        slots = try (0..<steps).map { step in
            try (0..<losses).map { loss in
                try backend.slice(memory, at: (step * losses + loss) * stride, [1])
            }
        }
    }

    /// Whether it must be read before the next step.
    public var isFull: Bool { read.count + used == capacity }

    /// The slots of the next step. Waits for the device when its own slots are full.
    ///
    /// - Precondition: the buffer is not full.
    public func next() throws -> [Tensor] {
        precondition(!isFull, "the buffer of \(capacity) steps must be read first")
        if used == slots.count { try fetch() }
        used += 1
        return slots[used - 1]
    }

    /// The losses of every step since the last reading, and an empty buffer. Waits for the device.
    public func drain() throws -> [[Float]] {
        try fetch()
        defer { read = [] }
        return read
    }

    /// Moves what the device holds to the host.
    private func fetch() throws {
        guard used > 0 else { return }
        let values = try backend.read(memory)
        try backend.fill(memory, with: 0)
        let losses = slots[0].count
        read += (0..<used).map { step in
            (0..<losses).map { values[(step * losses + $0) * stride] }
        }
        used = 0
    }
}
