import CVectorLoops
import Foundation
import Tensors

extension BLASBackend {
    /// A cache line, so that slices are as aligned as whole tensors.
    public var sliceAlignment: Int { HostStorage.alignment }

    public var keepsElements: Bool { !memory.isDryRun }

    /// The machine's memory, or less if the address space is limited.
    public var memoryLimits: MemoryLimits {
        let bytes = memory.available
        return MemoryLimits(total: bytes, allocation: bytes)
    }

    public func makeTensor(_ spec: TensorSpec) throws -> Tensor {
        let byteCount = try spec.checkedByteCount()
        return Tensor(spec, buffer: HostBuffer(try allocate(byteCount), byteCount: byteCount))
    }

    public func slice(_ tensor: Tensor, atByte offset: Int, _ spec: TensorSpec) throws -> Tensor {
        checkSlice(of: tensor, atByte: offset, spec)
        let buffer = tensor.host
        let start = buffer.pointer - buffer.storage.pointer
        return Tensor(
            spec,
            buffer: HostBuffer(buffer.storage, offset: start + offset, byteCount: spec.byteCount))
    }

    public func withScratch<Result>(
        _ specs: [TensorSpec], _ body: ([Tensor]) throws -> Result
    ) throws -> Result {
        let byteCounts = try specs.map { try $0.checkedByteCount() }
        return try scratchPool.withScratch(byteCounts, allocate: allocate) { storages in
            try body(
                zip(specs, storages).map { spec, storage in
                    Tensor(spec, buffer: HostBuffer(storage, byteCount: storage.byteCount))
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
        tensor.checkHoldsElements()
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
        source.checkHoldsElements()
        let (from, to) = (source.host.pointer, destination.host.pointer)
        let width = source.elementType.byteCount
        overElements(source.count) { range in
            let start = width * range.lowerBound
            memmove(to + start, from + start, width * range.count)
        }
    }

    public func fill(_ tensor: Tensor, with value: Float) throws {
        let elements = tensor.floats
        overElements(tensor.count) { vector_fill(elements + $0.lowerBound, value, $0.count) }
    }

    /// Operations have ended when their calls return: there is nothing to wait for.
    public func synchronize() throws {}
}
