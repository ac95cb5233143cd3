/// What a backend holds at present and held at most, in bytes of its own allocations.
public struct MemoryUse: Sendable {
    public var current: Int
    public var peak: Int
    /// Allocations made since the backend was opened: constant after warm-up.
    public var allocations: Int
    /// The largest single allocation so far.
    public var largest: Int

    public init(current: Int = 0, peak: Int = 0, allocations: Int = 0, largest: Int = 0) {
        self.current = current
        self.peak = peak
        self.allocations = allocations
        self.largest = largest
    }
}

/// What a device can hold, in bytes.
public struct MemoryLimits: Equatable, Sendable {
    /// All allocations together, and the largest single one.
    public var total, allocation: Int

    public init(total: Int, allocation: Int) {
        self.total = total
        self.allocation = allocation
    }

    public static let none = MemoryLimits(total: .max, allocation: .max)
}

/// Making, filling and reading tensors.
public protocol DeviceMemory: AnyObject {
    /// One line for people: kind, device, engine.
    var name: String { get }

    /// Slices must start at a multiple of this many elements.
    var sliceAlignment: Int { get }

    var memoryUse: MemoryUse { get }

    /// What may be asked of ``makeTensor(_:_:)``, known before anything is.
    var memoryLimits: MemoryLimits { get }

    /// Whether tensors keep what is written into them. If not, nobody need compute values for them.
    var keepsElements: Bool { get }

    /// A new tensor; what it holds is undefined.
    ///
    /// - Throws: ``OutOfMemoryError`` for a shape that is larger than any memory; what the device
    ///   says.
    func makeTensor(_ shape: Shape, _ elementType: ElementType) throws -> Tensor

    /// `shape` elements of `tensor`'s memory from element `offset`, as a tensor that shares it.
    ///
    /// - Precondition: `offset` is a multiple of ``sliceAlignment`` and the slice lies inside.
    func slice(_ tensor: Tensor, at offset: Int, _ shape: Shape) throws -> Tensor

    /// Tensors of these shapes for the duration of `body`, from memory that the backend keeps and
    /// lends again; what they hold is undefined.
    func withScratch<Result>(_ shapes: [Shape], _ body: ([Tensor]) throws -> Result) throws
        -> Result

    /// Writes `bytes` into `tensor`; they may be reused when the call returns. Does not wait for
    /// operations under way, unless that many uploads are pending that the backend has no room for
    /// another.
    ///
    /// - Precondition: `bytes` is exactly as long as `tensor`, in its element type.
    func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws

    /// The elements of a float tensor, once all operations before have ended.
    func read(_ tensor: Tensor) throws -> [Float]

    /// The elements of an integer tensor, once all operations before have ended.
    func readIntegers(_ tensor: Tensor) throws -> [Int32]

    /// Copies `source` into `destination`, which has as many elements of the same type.
    func copy(_ source: Tensor, into destination: Tensor) throws

    /// Sets every element of a float tensor.
    func fill(_ tensor: Tensor, with value: Float) throws

    /// Waits for all operations called so far, and throws what any of them threw.
    func synchronize() throws
}

extension DeviceMemory {
    public var keepsElements: Bool { true }

    /// A new float tensor; what it holds is undefined.
    public func makeTensor(_ shape: Shape) throws -> Tensor { try makeTensor(shape, .float32) }

    /// A new float tensor with these elements, which are computed once the device and the host are
    /// known to have room for them.
    public func makeTensor(
        _ shape: Shape, _ values: @autoclosure () throws -> [Float]
    ) throws -> Tensor {
        let tensor = try makeTensor(shape)
        guard keepsElements else { return tensor }
        try HostMemory.check(elements: shape.count, for: "the values of a tensor \(shape)")
        try upload(values(), to: tensor)
        return tensor
    }

    /// A new integer tensor `[values.count]`.
    public func makeTensor(integers values: [Int32]) throws -> Tensor {
        let tensor = try makeTensor([values.count], .int32)
        try values.withUnsafeBytes { try upload($0, to: tensor) }
        return tensor
    }

    public func upload(_ values: [Float], to tensor: Tensor) throws {
        try values.withUnsafeBytes { try upload($0, to: tensor) }
    }
}
