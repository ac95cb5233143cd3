import Tensors

/// The oracle of the other backends: every operation as naive loops in Double, about ten lines each.
///
/// Elements are held as Double, so Float32 inputs are exact and finite differences work; integers
/// are exact too. Fresh memory holds NaN (integers: `Int32.min`), so that reading what was never
/// written shows. The operations of ``LocalLossOps`` are the composed ones.
public final class ReferenceBackend: Backend {
    let counter = MemoryCounter()
    let scratchPool = ScratchPool<ReferenceStorage>()

    /// A backend that holds nothing yet.
    public init() {}
}

/// One allocation; slices share it. It holds a number for every four bytes that were asked for.
final class ReferenceStorage: ScratchMemory {
    /// Bytes of a float or an integer on a device.
    static let bytesPerNumber = 4

    static func numbers(inBytes bytes: Int) -> Int { ceilingDivision(bytes, bytesPerNumber) }

    let elements: UnsafeMutableBufferPointer<Double>
    private let counter: MemoryCounter

    init(count: Int, filledWith value: Double, counter: MemoryCounter) {
        elements = .allocate(capacity: count)
        elements.initialize(repeating: value)
        self.counter = counter
        counter.add(byteCount)
    }

    deinit {
        counter.remove(byteCount)
        elements.deallocate()
    }

    var byteCount: Int { elements.count * MemoryLayout<Double>.stride }
}

final class ReferenceBuffer: DeviceBuffer {
    let storage: ReferenceStorage
    /// Where in the storage this buffer begins.
    let start: Int
    let elements: UnsafeMutableBufferPointer<Double>

    init(_ storage: ReferenceStorage, _ range: Range<Int>) {
        self.storage = storage
        start = range.lowerBound
        elements = .init(rebasing: storage.elements[range])
    }
}

extension Tensor {
    /// The elements of a float tensor, in memory that lives as long as the tensor's buffer.
    var elements: UnsafeMutableBufferPointer<Double> {
        check(holds: .float32)
        return anyElements
    }

    /// The elements of an integer tensor.
    var integers: UnsafeMutableBufferPointer<Double> {
        check(holds: .int32)
        return anyElements
    }

    /// The elements, floats or integers.
    var anyElements: UnsafeMutableBufferPointer<Double> {
        checkHoldsElements()
        guard let buffer = buffer as? ReferenceBuffer else {
            preconditionFailure("a tensor \(shape) of another backend: \(type(of: buffer))")
        }
        precondition(
            count <= buffer.elements.count, "\(shape) seen in \(buffer.elements.count) elements")
        return .init(rebasing: buffer.elements[..<count])
    }
}
