import COpenCL
import Tensors

/// Host memory that uploads are copied through, so that the caller's may be reused at once.
///
/// A slot is waited for only when the ring comes round to it again, which also bounds how far the
/// host runs ahead of the device.
final class StagingRing {
    private struct Slot {
        var memory: UnsafeMutableRawBufferPointer
        var event: cl_event?
    }

    private let calls: OpenCLCalls
    private var slots: [Slot]
    private var next = 0
    static let slotBytes = 4 << 20

    init(_ calls: OpenCLCalls, slots count: Int = 8) {
        self.calls = calls
        slots = (0..<count).map { _ in
            Slot(memory: UnsafeMutableRawBufferPointer(start: nil, count: 0), event: nil)
        }
    }

    /// Enqueues the copy of `bytes` into `buffer`.
    func write(_ bytes: UnsafeRawBufferPointer, to buffer: OpenCLBuffer, on queue: cl_command_queue)
        throws
    {
        for start in stride(from: 0, to: bytes.count, by: Self.slotBytes) {
            let part = UnsafeRawBufferPointer(
                rebasing: bytes[start..<min(start + Self.slotBytes, bytes.count)])
            let index = try claim(part.count)
            slots[index].memory.copyMemory(from: part)
            try calls.check("clEnqueueWriteBuffer", "of \(part.count) bytes") {
                $0.clEnqueueWriteBuffer(
                    queue, buffer.handle, cl_bool(CL_FALSE), start, part.count,
                    slots[index].memory.baseAddress, 0, nil, &slots[index].event)
            }
        }
    }

    /// The next slot, once its last upload has ended.
    private func claim(_ count: Int) throws -> Int {
        let index = next
        next = (next + 1) % slots.count
        if slots[index].event != nil {
            try calls.check("clWaitForEvents", "of an upload") {
                $0.clWaitForEvents(1, &slots[index].event)
            }
            calls.release("clReleaseEvent") { $0.clReleaseEvent(slots[index].event) }
            slots[index].event = nil
        }
        if slots[index].memory.count < count {
            try HostMemory.check(count, for: "an upload")
            slots[index].memory.deallocate()
            slots[index].memory = .allocate(byteCount: max(count, 4096), alignment: 4096)
        }
        return index
    }

    deinit {
        for var slot in slots {
            if slot.event != nil {
                // Memory that the device may still read is not given back.
                guard calls.release("clWaitForEvents", { $0.clWaitForEvents(1, &slot.event) })
                else { continue }
                calls.release("clReleaseEvent") { $0.clReleaseEvent(slot.event) }
            }
            slot.memory.deallocate()
        }
    }
}
