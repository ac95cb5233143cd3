import COpenCL
import KernelSources
import Tensors

/// One argument of a kernel, in the order of its parameters.
enum KernelArgument {
    /// A `global float` array.
    case tensor(Tensor)
    /// A `global int` array.
    case integers(Tensor)
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
    ///   - local: work-items per group along each axis. If the kernel allows fewer, there are more
    ///     and
    ///     smaller groups, so the items of a group must work alone.
    ///   - limit: of a group, if the caller knows it already.
    func launch(
        _ source: KernelSource, _ kernel: String, defines: [KernelDefine] = [],
        _ arguments: [KernelArgument], global: [Int], local: [Int], limit: Int? = nil
    ) throws {
        precondition(
            global.count == local.count && zip(global, local).allSatisfy { $0 % $1 == 0 },
            "\(kernel): groups of \(local) do not fill \(global)")
        try checkCounts(arguments, of: kernel)
        guard !isDryRun else { return }
        let handle = try programs.kernel(source, kernel, defines)
        let limit = try limit ?? groupLimit(source, kernel, defines, wanted: local)
        let local = shrink(local, to: limit)
        for (index, argument) in arguments.enumerated() {
            try calls.check("clSetKernelArg", "\(index) of \(kernel)") {
                Self.set(argument, at: cl_uint(index), of: handle, by: $0)
            }
        }
        func enqueue(_ event: UnsafeMutablePointer<cl_event?>?) throws {
            try namingShortage {
                try calls.check("clEnqueueNDRangeKernel", "\(kernel) over \(global) by \(local)") {
                    $0.clEnqueueNDRangeKernel(
                        queue, handle, cl_uint(global.count), nil, global, local, 0, nil, event)
                }
            }
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
        if launches % 16 == 0 { try calls.check("clFlush") { $0.clFlush(queue) } }
    }

    /// Throws if a kernel would count further than its `int`.
    private func checkCounts(_ arguments: [KernelArgument], of kernel: String) throws {
        for case .int(let value) in arguments where Int32(exactly: value) == nil {
            throw OutOfMemoryError("the kernel '\(kernel)' cannot count to \(value)")
        }
    }

    /// Work-items that a group of `kernel` may have. The driver is not asked if one is wanted.
    func groupLimit(
        _ source: KernelSource, _ kernel: String, _ defines: [KernelDefine], wanted local: [Int]
    ) throws -> Int {
        guard local.reduce(1, *) > 1 else { return 1 }
        // In a dry run nothing is compiled.
        guard !isDryRun else { return traits.groupLimits.kernel(kernel) }
        return try programs.groupLimit(
            of: kernel, programs.kernel(source, kernel, defines))
    }

    /// A group of at most `limit` items whose extents divide those of `local`, the last axis shrunk
    /// first.
    private func shrink(_ local: [Int], to limit: Int) -> [Int] {
        var local = local
        for axis in local.indices.reversed() {
            let others = local.reduce(1, *) / local[axis]
            let maxItems = max(limit / others, 1)
            guard local[axis] > maxItems else { continue }
            local[axis] = (1...maxItems).last { local[axis] % $0 == 0 } ?? 1
        }
        return local
    }

    private static func set(
        _ argument: KernelArgument, at index: cl_uint, of kernel: cl_kernel,
        by functions: borrowing OpenCLFunctions
    ) -> cl_int {
        switch argument {
        case .tensor(let tensor):
            tensor.check(holds: .float32)
            var handle: cl_mem? = tensor.openCLBuffer.handle
            return functions.clSetKernelArg(kernel, index, MemoryLayout<cl_mem?>.size, &handle)
        case .integers(let tensor):
            tensor.check(holds: .int32)
            var handle: cl_mem? = tensor.openCLBuffer.handle
            return functions.clSetKernelArg(kernel, index, MemoryLayout<cl_mem?>.size, &handle)
        case .int(let value):
            var number = cl_int(truncatingIfNeeded: value)
            return functions.clSetKernelArg(kernel, index, MemoryLayout<cl_int>.size, &number)
        case .float(var value):
            return functions.clSetKernelArg(kernel, index, MemoryLayout<Float>.size, &value)
        case .local(let bytes):
            return functions.clSetKernelArg(kernel, index, bytes, nil)
        }
    }
}
