import Foundation
import Tensors

/// The source of a backend's memory: the system, or in a dry run a count.
final class HostMemorySource {
    let counter = MemoryCounter()
    /// In a dry run the bytes that it may count to, for its pointers have no storage; else nil.
    private let dryRunLimit: Int?
    /// Bytes of address space that must stay free for OpenBLAS, see ``OpenBLASMemory``.
    private let reserve: Int

    init(reserve: Int) {
        self.reserve = reserve
        dryRunLimit = nil
    }

    init(dryRunOf source: HostMemorySource) {
        reserve = 0
        dryRunLimit = source.available
    }

    var isDryRun: Bool { dryRunLimit != nil }

    /// Bytes that the backend may hold: the machine's memory, or less if the address space is
    /// limited.
    var available: Int {
        if let dryRunLimit { return dryRunLimit }
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        guard let left = HostMemory.addressSpaceLeft else { return physical }
        // Twice: `left` loses the reserve once OpenBLAS has taken it.
        return min(physical, max(0, left - 2 * reserve) + counter.use.current)
    }

    fileprivate func allocate(_ byteCount: Int) throws -> UnsafeMutableRawPointer {
        let shortage = OutOfMemoryError(
            "cannot allocate \(readableBytes(byteCount)) for the CPU backend "
                + "(\(readableBytes(counter.use.current)) in use)",
            bytesNeeded: byteCount.saturatingAdding(counter.use.current))
        if let dryRunLimit {
            guard byteCount <= dryRunLimit - counter.use.current else { throw shortage }
            return Self.unusedAddress
        }
        var pointer: UnsafeMutableRawPointer?
        let isAllowed = HostMemory.addressSpaceLeft.map { byteCount <= $0 - reserve } ?? true
        guard isAllowed, posix_memalign(&pointer, HostStorage.alignment, byteCount) == 0,
            let pointer
        else { throw shortage }
        return pointer
    }

    fileprivate func release(_ pointer: UnsafeMutableRawPointer) {
        if !isDryRun { free(pointer) }
    }

    /// An aligned address that nothing is read from or written to.
    private static var unusedAddress: UnsafeMutableRawPointer {
        guard let pointer = UnsafeMutableRawPointer(bitPattern: 1 << 20) else {
            preconditionFailure("an address above 0 is no null pointer")
        }
        return pointer
    }
}

/// One allocation, aligned to a cache line; slices share it.
final class HostStorage: ScratchMemory {
    static let alignment = 64

    let pointer: UnsafeMutableRawPointer
    let byteCount: Int
    private let source: HostMemorySource

    init(byteCount: Int, from source: HostMemorySource) throws {
        let asked = max(1, ceilingDivision(byteCount, Self.alignment)) * Self.alignment
        pointer = try source.allocate(asked)
        self.byteCount = asked
        self.source = source
        source.counter.add(asked)
    }

    deinit {
        source.release(pointer)
        source.counter.remove(byteCount)
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
        check(holds: .float32)
        return host.pointer.assumingMemoryBound(to: Float.self)
    }

    var integers: UnsafeMutablePointer<Int32> {
        check(holds: .int32)
        return host.pointer.assumingMemoryBound(to: Int32.self)
    }
}
