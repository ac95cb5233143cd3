import CVectorLoops
import Foundation
import Tensors

extension BLASBackend {
    /// A cache line, so that slices are as aligned as whole tensors.
    public var sliceAlignment: Int { HostStorage.alignment / MemoryLayout<Float>.stride }

    public var keepsElements: Bool { !memory.isRehearsal }

    /// The machine's memory, or what a limit on the address space leaves.
    public var memoryLimits: MemoryLimits {
        let bytes = memory.available
        return MemoryLimits(total: bytes, allocation: bytes)
    }

    public func makeTensor(_ shape: Shape, _ elementType: ElementType) throws -> Tensor {
        let byteCount = try shape.byteCount(of: elementType)
        let storage = try allocate(byteCount)
        return Tensor(
            shape: shape, elementType: elementType,
            buffer: HostBuffer(storage, byteCount: byteCount))
    }

    public func slice(_ tensor: Tensor, at offset: Int, _ shape: Shape) throws -> Tensor {
        precondition(
            offset >= 0 && offset % sliceAlignment == 0 && offset + shape.count <= tensor.count,
            "a slice \(shape) at \(offset) of \(tensor.shape) leaves it or is not aligned")
        let buffer = tensor.host
        let start = buffer.pointer - buffer.storage.pointer
        return Tensor(
            shape: shape, elementType: tensor.elementType,
            buffer: HostBuffer(
                buffer.storage, offset: start + offset * tensor.elementType.byteCount,
                byteCount: shape.count * tensor.elementType.byteCount))
    }

    public func withScratch<Result>(_ shapes: [Shape], _ body: ([Tensor]) throws -> Result) throws
        -> Result
    {
        let byteCounts = try shapes.map { try $0.byteCount(of: .float32) }
        return try scratchPool.withScratch(byteCounts, allocate: allocate) { storages in
            try body(
                zip(shapes, storages).map { shape, storage in
                    Tensor(
                        shape: shape,
                        buffer: HostBuffer(storage, byteCount: storage.byteCount))
                })
        }
    }

    /// Runs `body` with memory for `count` values of a trivial type.
    func withScratch<Element: BitwiseCopyable, Result>(
        _ count: Int, of type: Element.Type,
        _ body: (UnsafeMutablePointer<Element>) throws -> Result
    ) throws -> Result {
        let byteCount = count * MemoryLayout<Element>.stride
        return try scratchPool.withScratch([byteCount], allocate: allocate) {
            try body($0[0].pointer.assumingMemoryBound(to: type))
        }
    }

    private func allocate(_ byteCount: Int) throws -> HostStorage {
        try HostStorage(byteCount: byteCount, from: memory)
    }

    public func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
        precondition(
            bytes.count == tensor.byteCount, "\(bytes.count) bytes uploaded to \(tensor.shape)")
        guard let source = bytes.baseAddress else { return }
        let destination = tensor.host.pointer
        alone { destination.copyMemory(from: source, byteCount: bytes.count) }
    }

    public func read(_ tensor: Tensor) throws -> [Float] {
        try values(tensor.floats, tensor)
    }

    public func readIntegers(_ tensor: Tensor) throws -> [Int32] {
        try values(tensor.integers, tensor)
    }

    private func values<Element: Numeric>(
        _ elements: UnsafeMutablePointer<Element>, _ tensor: Tensor
    ) throws -> [Element] {
        guard keepsElements else { return Array(repeating: 0, count: tensor.count) }
        try HostMemory.check(tensor.byteCount, for: "the values of a tensor \(tensor.shape)")
        return Array(UnsafeBufferPointer(start: elements, count: tensor.count))
    }

    public func copy(_ source: Tensor, into destination: Tensor) throws {
        precondition(
            source.count == destination.count && source.elementType == destination.elementType,
            "\(source.shape) of \(source.elementType) copied into \(destination.shape) of "
                + "\(destination.elementType)")
        let (from, to) = (source.host.pointer, destination.host.pointer)
        overElements(source.count) { range in
            let (start, size) = (4 * range.lowerBound, 4 * range.count)
            memmove(to + start, from + start, size)
        }
    }

    public func fill(_ tensor: Tensor, with value: Float) throws {
        let elements = tensor.floats
        overElements(tensor.count) { vector_fill(elements + $0.lowerBound, value, $0.count) }
    }

    /// Operations have ended when their calls return: there is nothing to wait for.
    public func synchronize() throws {}
}
