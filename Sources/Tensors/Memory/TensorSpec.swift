/// The type of a tensor's elements.
public enum ElementType: Sendable {
    /// IEEE 754 single precision, 4 bytes.
    case float32
    /// Two's complement, 4 bytes.
    case int32
    /// Memory without elements, counted in bytes: an arena, of which only slices are read and
    /// written.
    case byte

    /// Bytes of one element.
    public var byteCount: Int {
        switch self {
        case .float32, .int32: 4
        case .byte: 1
        }
    }
}

/// A request for memory: a shape, and the type of its elements.
public struct TensorSpec: Hashable, Sendable, CustomStringConvertible {
    /// Extents, outermost first.
    public let shape: Shape
    /// The type of every element.
    public let elementType: ElementType

    /// A specification, of floats if nothing else is said.
    public init(_ shape: Shape, _ elementType: ElementType = .float32) {
        self.shape = shape
        self.elementType = elementType
    }

    /// Bytes of all elements; `Int.max` if they are too many for an `Int`.
    public var byteCount: Int { shape.count.saturatingMultiplied(by: elementType.byteCount) }

    /// No tensor has more bytes: 128 TiB, the address space of a processor. All sizes that are
    /// derived from smaller ones fit an `Int`.
    private static let maxBytes = 1 << 47

    /// ``byteCount``, if a device may be asked for it. Backends call it before they allocate, so
    /// that no size is too large for the arithmetic afterwards.
    ///
    /// - Throws: ``OutOfMemoryError`` if no machine has so many bytes.
    public func checkedByteCount() throws -> Int {
        guard byteCount <= Self.maxBytes else {
            throw OutOfMemoryError("a tensor \(shape) is larger than any memory")
        }
        return byteCount
    }

    public var description: String { "\(shape) of \(elementType)" }
}
