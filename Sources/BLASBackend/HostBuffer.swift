import Foundation
import Tensors

/// Memory that the system does not give.
public struct OutOfMemoryError: Error, CustomStringConvertible {
    /// What was asked for, and what the backend held already.
    public let bytesAsked, bytesHeld: Int

    public var description: String {
        "the system has no \(bytesAsked) bytes of memory more for the CPU backend, which holds "
            + "\(bytesHeld); use a smaller batch or model"
    }
}

/// What the live allocations of a backend hold.
final class MemoryLedger {
    private(set) var use = MemoryUse()

    func add(_ byteCount: Int) {
        use.current += byteCount
        use.peak = max(use.peak, use.current)
        use.allocations += 1
    }

    func remove(_ byteCount: Int) { use.current -= byteCount }
}

/// One allocation, aligned to a cache line; slices share it.
final class HostStorage {
    static let alignment = 64

    let pointer: UnsafeMutableRawPointer
    let byteCount: Int
    private let ledger: MemoryLedger

    init(byteCount: Int, ledger: MemoryLedger) throws {
        let asked = max(1, (byteCount + Self.alignment - 1) / Self.alignment) * Self.alignment
        var pointer: UnsafeMutableRawPointer?
        guard posix_memalign(&pointer, Self.alignment, asked) == 0, let pointer else {
            throw OutOfMemoryError(bytesAsked: asked, bytesHeld: ledger.use.current)
        }
        self.pointer = pointer
        self.byteCount = asked
        self.ledger = ledger
        ledger.add(asked)
    }

    deinit {
        free(pointer)
        ledger.remove(byteCount)
    }
}

/// A part of an allocation.
final class HostBuffer: DeviceBuffer {
    let storage: HostStorage
    let pointer: UnsafeMutableRawPointer
    let byteCount: Int

    init(_ storage: HostStorage, offset: Int = 0, byteCount: Int) {
        self.storage = storage
        pointer = storage.pointer + offset
        self.byteCount = byteCount
    }
}

extension Tensor {
    /// The buffer, which must be this backend's.
    var host: HostBuffer {
        guard let buffer = buffer as? HostBuffer else {
            preconditionFailure("a tensor \(shape) of another backend: \(type(of: buffer))")
        }
        precondition(
            byteCount <= buffer.byteCount, "\(shape) seen in \(buffer.byteCount) bytes")
        return buffer
    }

    /// The elements, in memory that lives as long as the tensor's buffer.
    var floats: UnsafeMutablePointer<Float> {
        precondition(elementType == .float32, "floats asked of integers \(shape)")
        return host.pointer.assumingMemoryBound(to: Float.self)
    }

    var integers: UnsafeMutablePointer<Int32> {
        precondition(elementType == .int32, "integers asked of floats \(shape)")
        return host.pointer.assumingMemoryBound(to: Int32.self)
    }
}
