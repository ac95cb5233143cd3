import COpenCL
import KernelSources
import Tensors

/// One argument of a kernel, in the order of its parameters.
enum KernelArgument {
    case tensor(Tensor)
    /// A `const int`.
    case int(Int)
    /// A `const float`.
    case float(Float)
    /// A `local` array of so many bytes.
    case local(Int)
}

extension OpenCLBackend {
    /// Enqueues `kernel` of `source`, compiled with `defines`.
    ///
    /// - Parameters:
    ///   - global: work-items along each axis, multiples of `local`.
    ///   - local: work-items per group along each axis.
    func launch(
        _ source: KernelSource, _ kernel: String, defines: [KernelDefine] = [],
        _ arguments: [KernelArgument], global: [Int], local: [Int]
    ) throws {
        precondition(
            global.count == local.count && zip(global, local).allSatisfy { $0 % $1 == 0 },
            "\(kernel): groups of \(local) do not fill \(global)")
        guard rehearsal == nil else { return }
        let handle = try programs.kernel(source, kernel, defines)
        for (index, argument) in arguments.enumerated() {
            try check(
                Self.set(argument, at: cl_uint(index), of: handle),
                "clSetKernelArg \(index) of \(kernel)")
        }
        func enqueue(_ event: UnsafeMutablePointer<cl_event?>?) throws {
            try checkMemory(
                clEnqueueNDRangeKernel(
                    queue, handle, cl_uint(global.count), nil, global, local, 0, nil, event),
                "clEnqueueNDRangeKernel \(kernel) over \(global) by \(local)")
        }
        if let profiler, !profiler.isFull {
            var event: cl_event?
            try enqueue(&event)
            if let event { try profiler.record(kernel, event) }
        } else {
            try enqueue(nil)
        }
        launches += 1
        // Some drivers start nothing before a flush.
        if launches % 16 == 0 { try check(clFlush(queue), "clFlush") }
    }

    private static func set(_ argument: KernelArgument, at index: cl_uint, of kernel: cl_kernel)
        -> cl_int
    {
        switch argument {
        case .tensor(let tensor):
            var handle: cl_mem? = tensor.openCLBuffer.handle
            return clSetKernelArg(kernel, index, MemoryLayout<cl_mem?>.size, &handle)
        case .int(let value):
            precondition(
                Int32(exactly: value) != nil, "a kernel cannot count to \(value) in 32 bits")
            var number = cl_int(truncatingIfNeeded: value)
            return clSetKernelArg(kernel, index, MemoryLayout<cl_int>.size, &number)
        case .float(var value):
            return clSetKernelArg(kernel, index, MemoryLayout<Float>.size, &value)
        case .local(let bytes):
            return clSetKernelArg(kernel, index, bytes, nil)
        }
    }
}
