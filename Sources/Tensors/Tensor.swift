/// What one element is.
public enum ElementType: Sendable {
    case float32, int32

    public var byteCount: Int { 4 }
}

/// Memory that belongs to one backend. Only that backend looks inside.
public protocol DeviceBuffer: AnyObject {}

/// A contiguous, channels-last array on a device.
///
/// A tensor is a shape over a buffer: no strides, no views, no broadcasting. A part of a larger
/// allocation is a buffer of its own, made by ``DeviceMemory/slice(_:at:_:)``.
public struct Tensor {
    public let shape: Shape
    public let elementType: ElementType
    public let buffer: any DeviceBuffer

    public init(shape: Shape, elementType: ElementType = .float32, buffer: any DeviceBuffer) {
        self.shape = shape
        self.elementType = elementType
        self.buffer = buffer
    }

    public var count: Int { shape.count }
    public var byteCount: Int { count.saturatingMultiplied(by: elementType.byteCount) }

    /// Traps, with the shape and both types, unless the elements are of `type`. Every backend calls
    /// it wherever it hands elements to a loop or a kernel, so that no operation can forget it.
    public func check(holds type: ElementType) {
        precondition(elementType == type, "\(shape) holds \(elementType) where \(type) is needed")
    }

    /// The same elements under another shape.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(
            shape.count == count, "cannot see \(self.shape) as \(shape): different element counts")
        return Tensor(shape: shape, elementType: elementType, buffer: buffer)
    }

    /// The first `batch` of the outermost extent: what the last, smaller batch of an epoch uses.
    public func prefix(batch: Int) -> Tensor {
        precondition(batch <= shape[0], "\(batch) rows asked of \(shape)")
        return Tensor(shape: shape.withBatch(batch), elementType: elementType, buffer: buffer)
    }
}
