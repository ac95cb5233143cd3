import Tensors

extension ReferenceBackend {
    public var name: String { "reference (loops in Double)" }
    public var sliceAlignment: Int { 1 }
    public var memoryUse: MemoryUse { counter.use }
    public var memoryLimits: MemoryLimits { .none }

    public func makeTensor(_ shape: Shape, _ elementType: ElementType) throws -> Tensor {
        _ = try shape.byteCount(of: elementType)
        let undefined = elementType == .float32 ? Double.nan : Double(Int32.min)
        let storage = ReferenceStorage(
            count: shape.count, filledWith: undefined, counter: counter)
        return Tensor(
            shape: shape, elementType: elementType,
            buffer: ReferenceBuffer(storage, 0..<shape.count))
    }

    public func slice(_ tensor: Tensor, at offset: Int, _ shape: Shape) throws -> Tensor {
        guard let buffer = tensor.buffer as? ReferenceBuffer else {
            preconditionFailure("a slice of another backend's tensor \(tensor.shape)")
        }
        precondition(
            offset >= 0 && offset + shape.count <= tensor.count,
            "a slice \(shape) at \(offset) leaves \(tensor.shape)")
        let first = buffer.start + offset
        return Tensor(
            shape: shape, elementType: tensor.elementType,
            buffer: ReferenceBuffer(buffer.storage, first..<(first + shape.count)))
    }

    public func withScratch<Result>(_ shapes: [Shape], _ body: ([Tensor]) throws -> Result) throws
        -> Result
    {
        let width = MemoryLayout<Double>.stride
        // Asked in floats, so that what is larger than any memory is an error here, too.
        let byteCounts = try shapes.map {
            try $0.byteCount(of: .float32) / ElementType.float32.byteCount * width
        }
        return try scratchPool.withScratch(
            byteCounts,
            allocate: {
                ReferenceStorage(count: $0 / width, filledWith: .nan, counter: counter)
            }
        ) { storages in
            let tensors = zip(shapes, storages).map { shape, storage in
                Tensor(shape: shape, buffer: ReferenceBuffer(storage, 0..<shape.count))
            }
            for tensor in tensors { try fill(tensor, with: .nan) }
            return try body(tensors)
        }
    }

    public func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
        precondition(
            bytes.count == tensor.byteCount, "\(bytes.count) bytes uploaded to \(tensor.shape)")
        let elements = tensor.anyElements
        for index in 0..<tensor.count {
            switch tensor.elementType {
            case .float32:
                elements[index] = Double(
                    bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
            case .int32:
                elements[index] = Double(
                    bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
            }
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
            "\(source.shape) copied into \(destination.shape)")
        _ = destination.anyElements.update(fromContentsOf: source.anyElements)
    }

    public func fill(_ tensor: Tensor, with value: Float) throws {
        tensor.elements.update(repeating: Double(value))
    }

    public func synchronize() throws {}
}
