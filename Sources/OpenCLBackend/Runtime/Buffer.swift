import COpenCL
import Tensors

/// Memory of one context, given back when the last tensor over it goes.
final class OpenCLBuffer: DeviceBuffer, ScratchMemory {
    /// Nil in a dry run, which holds no memory.
    let handle: cl_mem?
    let byteCount: Int
    /// Where a slice starts in the allocation it is a part of, in bytes.
    let offset: Int
    private let parent: OpenCLBuffer?
    private let counter: MemoryCounter
    private let calls: OpenCLCalls

    /// Takes ownership of `handle`; `parent` is the allocation that a slice is a part of.
    init(
        _ handle: cl_mem?, byteCount: Int, offset: Int = 0, of parent: OpenCLBuffer? = nil,
        _ counter: MemoryCounter, _ calls: OpenCLCalls
    ) {
        self.handle = handle
        self.byteCount = byteCount
        self.offset = offset
        self.parent = parent
        self.counter = counter
        self.calls = calls
        if parent == nil { counter.add(byteCount) }
    }

    /// The allocation itself: sub-buffers of sub-buffers do not exist.
    var root: OpenCLBuffer { parent ?? self }

    deinit {
        if let handle { calls.release("clReleaseMemObject") { $0.clReleaseMemObject(handle) } }
        if parent == nil { counter.remove(byteCount) }
    }
}

extension Tensor {
    /// - Precondition: the tensor was made by an OpenCL backend, and its shape fits the buffer.
    var openCLBuffer: OpenCLBuffer {
        guard let buffer = buffer as? OpenCLBuffer else {
            preconditionFailure("a tensor \(shape) of another backend: \(type(of: buffer))")
        }
        precondition(
            byteCount <= buffer.byteCount, "\(shape) seen in \(buffer.byteCount) bytes")
        return buffer
    }
}
