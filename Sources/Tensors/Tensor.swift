/// Memory that belongs to one backend. Only that backend looks inside.
public protocol DeviceBuffer: AnyObject {}

/// A contiguous, channels-last array on a device.
///
/// A tensor is a specification over a buffer: no strides, no views, no broadcasting. A part of a
/// larger allocation is a buffer of its own, made by ``DeviceMemory/slice(_:atByte:_:)``.
public struct Tensor {
    /// Shape and element type.
    public let spec: TensorSpec
    /// The memory, of which the tensor takes the beginning.
    public let buffer: any DeviceBuffer

    /// For backends: `buffer` holds at least the bytes of `spec`.
    public init(_ spec: TensorSpec, buffer: any DeviceBuffer) {
        self.spec = spec
        self.buffer = buffer
    }

    /// For backends: as ``init(_:buffer:)``.
    public init(shape: Shape, elementType: ElementType = .float32, buffer: any DeviceBuffer) {
        self.init(TensorSpec(shape, elementType), buffer: buffer)
    }

    /// Extents, outermost first.
    public var shape: Shape { spec.shape }
    /// The type of every element.
    public var elementType: ElementType { spec.elementType }
    /// The number of elements.
    public var count: Int { shape.count }
    /// Bytes of all elements.
    public var byteCount: Int { spec.byteCount }

    /// Traps, with the shape and both types, unless the elements are of `type`. Every backend calls
    /// it wherever it hands elements to a loop or a kernel, so that no operation can forget it.
    public func check(holds type: ElementType) {
        precondition(elementType == type, "\(shape) holds \(elementType) where \(type) is needed")
    }

    /// Traps, with the shape, if this is an arena, which is bytes without elements.
    public func checkHoldsElements() {
        precondition(elementType != .byte, "\(shape) is an arena: only its slices hold elements")
    }

    /// The same elements under another shape.
    ///
    /// - Precondition: both shapes have as many elements.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(
            shape.count == count, "cannot see \(self.shape) as \(shape): different element counts")
        return Tensor(TensorSpec(shape, elementType), buffer: buffer)
    }

    /// The first `batch` of the outermost extent, for the last, smaller batch of an epoch.
    ///
    /// - Precondition: there are as many.
    public func prefix(batch: Int) -> Tensor {
        precondition(batch <= shape[0], "\(batch) rows asked of \(shape)")
        return Tensor(TensorSpec(shape.withBatch(batch), elementType), buffer: buffer)
    }
}
