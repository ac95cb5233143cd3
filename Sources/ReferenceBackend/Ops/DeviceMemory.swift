import Tensors

extension ReferenceBackend {
    public var name: String { "reference (loops in Double)" }
    public var sliceAlignment: Int { ReferenceStorage.bytesPerNumber }
    public var memoryUse: MemoryUse { counter.use }
    public var memoryLimits: MemoryLimits { .none }

    public func makeTensor(_ spec: TensorSpec) throws -> Tensor {
        let numbers = ReferenceStorage.numbers(inBytes: try spec.checkedByteCount())
        let undefined = spec.elementType == .int32 ? Double(Int32.min) : Double.nan
        let storage = ReferenceStorage(count: numbers, filledWith: undefined, counter: counter)
        return Tensor(spec, buffer: ReferenceBuffer(storage, 0..<numbers))
    }

    public func slice(_ tensor: Tensor, atByte offset: Int, _ spec: TensorSpec) throws -> Tensor {
        guard let buffer = tensor.buffer as? ReferenceBuffer else {
            preconditionFailure("a slice of another backend's tensor \(tensor.shape)")
        }
        checkSlice(of: tensor, atByte: offset, spec)
        let first = buffer.start + offset / ReferenceStorage.bytesPerNumber
        let numbers = ReferenceStorage.numbers(inBytes: spec.byteCount)
        return Tensor(spec, buffer: ReferenceBuffer(buffer.storage, first..<(first + numbers)))
    }

    public func withScratch<Result>(
        _ specs: [TensorSpec], _ body: ([Tensor]) throws -> Result
    ) throws -> Result {
        let numbers = try specs.map {
            ReferenceStorage.numbers(inBytes: try $0.checkedByteCount())
        }
        return try scratchPool.withScratch(
            numbers.map { $0 * MemoryLayout<Double>.stride },
            allocate: {
                ReferenceStorage(
                    count: $0 / MemoryLayout<Double>.stride, filledWith: .nan, counter: counter)
            }
        ) { storages in
            for storage in storages { storage.elements.update(repeating: .nan) }
            return try body(
                zip(zip(specs, numbers), storages).map { wanted, storage in
                    Tensor(wanted.0, buffer: ReferenceBuffer(storage, 0..<wanted.1))
                })
        }
    }

    public func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
        precondition(
            bytes.count == tensor.byteCount, "\(bytes.count) bytes uploaded to \(tensor.shape)")
        tensor.checkHoldsElements()
        let elements = tensor.anyElements
        for index in 0..<tensor.count {
            let offset = ReferenceStorage.bytesPerNumber * index
            elements[index] =
                tensor.elementType == .int32
                ? Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
                : Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
        }
    }

    /// Writes `values`, unrounded, into a float tensor.
    public func uploadDoubles(_ values: [Double], to tensor: Tensor) {
        precondition(
            values.count == tensor.count && tensor.elementType == .float32,
            "\(values.count) values uploaded to \(tensor.shape) of \(tensor.elementType)")
        _ = tensor.elements.update(fromContentsOf: values)
    }

    public func read(_ tensor: Tensor) throws -> [Float] { readDoubles(tensor).map { Float($0) } }

    /// The elements of a float tensor, unrounded.
    public func readDoubles(_ tensor: Tensor) -> [Double] {
        Array(tensor.elements)
    }

    public func readIntegers(_ tensor: Tensor) throws -> [Int32] {
        tensor.integers.map { Int32($0) }
    }

    public func copy(_ source: Tensor, into destination: Tensor) throws {
        precondition(
            source.count == destination.count && source.elementType == destination.elementType,
            "\(source.spec) copied into \(destination.spec)")
        _ = destination.anyElements.update(fromContentsOf: source.anyElements)
    }

    public func fill(_ tensor: Tensor, with value: Float) throws {
        tensor.elements.update(repeating: Double(value))
    }

    public func synchronize() throws {}
}
