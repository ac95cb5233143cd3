import COpenCL
import Tensors

extension OpenCLBackend: DeviceMemory {
    public var name: String { "OpenCL \(device.id), \(device.name), \(engine.rawValue) kernels" }

    public var sliceAlignment: Int { max(traits.memBaseAddrAlign, 256) }

    public var memoryUse: MemoryUse { counter.use }

    public var keepsElements: Bool { !isDryRun }

    public var memoryLimits: MemoryLimits {
        MemoryLimits(total: traits.globalMemory, allocation: traits.maxAllocation)
    }

    public func makeTensor(_ spec: TensorSpec) throws -> Tensor {
        Tensor(spec, buffer: try allocate(try spec.checkedByteCount()))
    }

    public func slice(_ tensor: Tensor, atByte offset: Int, _ spec: TensorSpec) throws -> Tensor {
        checkSlice(of: tensor, atByte: offset, spec)
        let source = tensor.openCLBuffer
        let bytes = max(spec.byteCount, Self.minBytes)
        var region = cl_buffer_region(origin: source.offset + offset, size: bytes)
        guard !isDryRun else {
            let buffer = OpenCLBuffer(
                nil, byteCount: bytes, offset: region.origin, of: source.root, counter, calls)
            return Tensor(spec, buffer: buffer)
        }
        let handle = try calls.make("clCreateSubBuffer", "at \(source.offset + offset) bytes") {
            $0.clCreateSubBuffer(
                source.root.handle, cl_mem_flags(CL_MEM_READ_WRITE),
                cl_buffer_create_type(CL_BUFFER_CREATE_TYPE_REGION), &region, $1)
        }
        let buffer = OpenCLBuffer(
            handle, byteCount: bytes, offset: region.origin, of: source.root, counter, calls)
        return Tensor(spec, buffer: buffer)
    }

    /// OpenCL has no buffer of 0 bytes, and kernels take arrays of elements.
    private static var minBytes: Int { 4 }

    public func withScratch<Result>(
        _ specs: [TensorSpec], _ body: ([Tensor]) throws -> Result
    ) throws -> Result {
        let byteCounts = try specs.map { max(try $0.checkedByteCount(), Self.minBytes) }
        return try scratchPool.withScratch(byteCounts, allocate: allocate) { buffers in
            try body(zip(specs, buffers).map { Tensor($0, buffer: $1) })
        }
    }

    public func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
        precondition(
            bytes.count == tensor.byteCount,
            "\(bytes.count) bytes cannot fill \(tensor.shape), which holds \(tensor.byteCount)")
        tensor.checkHoldsElements()
        guard !isDryRun else { return }
        try staging.write(bytes, to: tensor.openCLBuffer, on: queue)
    }

    public func read(_ tensor: Tensor) throws -> [Float] {
        tensor.check(holds: .float32)
        return try download(tensor)
    }

    public func readIntegers(_ tensor: Tensor) throws -> [Int32] {
        tensor.check(holds: .int32)
        return try download(tensor)
    }

    public func copy(_ source: Tensor, into destination: Tensor) throws {
        precondition(
            source.count == destination.count && source.elementType == destination.elementType,
            "cannot copy \(source.spec) into \(destination.spec)")
        source.checkHoldsElements()
        guard source.count > 0, !isDryRun else { return }
        try namingShortage {
            try calls.check("clEnqueueCopyBuffer", "of \(source.byteCount) bytes") {
                $0.clEnqueueCopyBuffer(
                    queue, source.openCLBuffer.handle, destination.openCLBuffer.handle, 0, 0,
                    source.byteCount, 0, nil, nil)
            }
        }
    }

    public func fill(_ tensor: Tensor, with value: Float) throws {
        tensor.check(holds: .float32)
        // A kernel of our own: faster than most drivers' fill, and simulators see what it writes.
        try map(.elementwise, "fill", [tensor], count: tensor.count, [.float(value)])
    }

    public func synchronize() throws {
        guard !isDryRun else { return }
        waits += 1
        try namingShortage { try calls.check("clFinish") { $0.clFinish(queue) } }
    }

    private func download<Element: Numeric>(_ tensor: Tensor) throws -> [Element] {
        guard !isDryRun else { return Array(repeating: 0, count: tensor.count) }
        guard tensor.count > 0 else { return [] }
        try HostMemory.check(tensor.byteCount, for: "the values of a tensor \(tensor.shape)")
        waits += 1
        return try [Element](unsafeUninitializedCapacity: tensor.count) { elements, count in
            try namingShortage {
                try calls.check("clEnqueueReadBuffer", "of \(tensor.byteCount) bytes") {
                    $0.clEnqueueReadBuffer(
                        queue, tensor.openCLBuffer.handle, cl_bool(CL_TRUE), 0, tensor.byteCount,
                        elements.baseAddress, 0, nil, nil)
                }
            }
            count = tensor.count
        }
    }

    private func allocate(_ byteCount: Int) throws -> OpenCLBuffer {
        let bytes = max(byteCount, Self.minBytes)
        guard bytes <= traits.maxAllocation, bytes <= traits.globalMemory - counter.use.current
        else {
            throw OutOfDeviceMemoryError(
                requested: bytes, held: counter.use.current, maxAllocation: traits.maxAllocation,
                globalMemory: traits.globalMemory, device: device.name, cause: nil)
        }
        guard !isDryRun else { return OpenCLBuffer(nil, byteCount: bytes, counter, calls) }
        let handle = try namingShortage(bytes: bytes) {
            try calls.make("clCreateBuffer", "of \(bytes) bytes") {
                $0.clCreateBuffer(context, cl_mem_flags(CL_MEM_READ_WRITE), bytes, nil, $1)
            }
        }
        return OpenCLBuffer(handle, byteCount: bytes, counter, calls)
    }
}
