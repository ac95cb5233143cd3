/// The extents of a tensor, outermost first. Image tensors are `[batch, height, width, channels]`.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// Extents, outermost first.
    public let dimensions: [Int]

    /// - Precondition: no extent is negative.
    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
        self.dimensions = dimensions
    }

    /// `[batch, height, width, channels]` as a literal.
    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// The number of extents.
    public var rank: Int { dimensions.count }

    /// The number of elements; `Int.max` if that is too large for an `Int`.
    public var count: Int { dimensions.saturatingProduct() }

    /// The extent of one axis, 0 the outermost.
    public subscript(axis: Int) -> Int { dimensions[axis] }

    /// The innermost extent: channels of an image tensor, features of a matrix.
    public var channels: Int { dimensions.last ?? 1 }

    /// Everything but the innermost extent, multiplied: the rows of the tensor seen as a matrix.
    public var rows: Int { dimensions.dropLast().saturatingProduct() }

    /// The same shape with another outermost extent.
    public func withBatch(_ batch: Int) -> Shape { Shape([batch] + dimensions.dropFirst()) }

    public var description: String {
        "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
    }
}
