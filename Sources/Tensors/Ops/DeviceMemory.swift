/// The memory that a backend holds, in bytes of its own allocations.
public struct MemoryUse: Sendable {
    /// Bytes held now.
    public var current: Int
    /// The most bytes held at any time.
    public var peak: Int
    /// Allocations made since the backend was opened: constant after warm-up.
    public var allocations: Int
    /// The largest single allocation so far.
    public var largest: Int

    /// Counts, 0 each if not given.
    public init(current: Int = 0, peak: Int = 0, allocations: Int = 0, largest: Int = 0) {
        self.current = current
        self.peak = peak
        self.allocations = allocations
        self.largest = largest
    }
}

/// The most that a device can hold, in bytes.
public struct MemoryLimits: Equatable, Sendable {
    /// All allocations together, and the largest single one.
    public var total, allocation: Int

    /// Limits in bytes.
    public init(total: Int, allocation: Int) {
        self.total = total
        self.allocation = allocation
    }

    /// No limits.
    public static let none = MemoryLimits(total: .max, allocation: .max)
}

/// Making, filling and reading tensors. All sizes, offsets and alignments are in bytes.
public protocol DeviceMemory: AnyObject {
    /// One line for people: kind, device, engine.
    var name: String { get }

    /// Slices start at a multiple of this many bytes.
    var sliceAlignment: Int { get }

    /// Bytes that the backend holds and held.
    var memoryUse: MemoryUse { get }

    /// The most that ``makeTensor(_:)`` can give, known before it is asked.
    var memoryLimits: MemoryLimits { get }

    /// Whether tensors keep their elements. If not, as in a dry run, callers need not compute
    /// values for them.
    var keepsElements: Bool { get }

    /// A new tensor; its elements are undefined.
    ///
    /// - Throws: ``OutOfMemoryError`` for a shape that is larger than any memory; the device's own
    ///   errors.
    func makeTensor(_ spec: TensorSpec) throws -> Tensor

    /// A part of `tensor`'s memory, from byte `offset` on, as a tensor that shares it. The types may
    /// differ: an arena of bytes holds tensors of all types.
    ///
    /// - Precondition: `offset` is a multiple of ``sliceAlignment`` and the slice lies inside.
    func slice(_ tensor: Tensor, atByte offset: Int, _ spec: TensorSpec) throws -> Tensor

    /// Runs `body` with tensors of these specifications. The backend keeps their memory and uses it
    /// again; their elements are undefined.
    func withScratch<Result>(_ specs: [TensorSpec], _ body: ([Tensor]) throws -> Result) throws
        -> Result

    /// Writes `bytes` into `tensor`; they may be reused when the call returns. Does not wait for
    /// operations under way, unless that many uploads are pending that the backend has no room for
    /// another.
    ///
    /// - Precondition: `bytes` is exactly as long as `tensor`, which is no arena.
    func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws

    /// The elements of a float tensor, once all operations before have ended.
    func read(_ tensor: Tensor) throws -> [Float]

    /// The elements of an integer tensor, once all operations before have ended.
    func readIntegers(_ tensor: Tensor) throws -> [Int32]

    /// Copies `source` into `destination`, which has as many elements of the same type.
    func copy(_ source: Tensor, into destination: Tensor) throws

    /// Sets every element of a float tensor.
    func fill(_ tensor: Tensor, with value: Float) throws

    /// Waits for all operations called so far, and throws the error of any of them.
    func synchronize() throws
}

extension DeviceMemory {
    public var keepsElements: Bool { true }

    /// ``sliceAlignment`` in elements of `type`, at least one: the parts of a vector of that type are
    /// padded to it.
    public func sliceAlignment(of type: ElementType) -> Int {
        max(1, ceilingDivision(sliceAlignment, type.byteCount))
    }

    /// A new tensor, of floats if nothing else is said; its elements are undefined.
    public func makeTensor(_ shape: Shape, _ elementType: ElementType = .float32) throws -> Tensor {
        try makeTensor(TensorSpec(shape, elementType))
    }

    /// A part of `tensor` from its element `offset` on, of the same type.
    ///
    /// - Precondition: as of ``slice(_:atByte:_:)``.
    public func slice(_ tensor: Tensor, at offset: Int, _ shape: Shape) throws -> Tensor {
        let type = tensor.elementType
        return try slice(
            tensor, atByte: offset.saturatingMultiplied(by: type.byteCount),
            TensorSpec(shape, type))
    }

    /// Runs `body` with float tensors of these shapes, see ``withScratch(_:_:)-([TensorSpec],_)``.
    public func withScratch<Result>(
        _ shapes: [Shape], _ body: ([Tensor]) throws -> Result
    ) throws -> Result {
        try withScratch(shapes.map { TensorSpec($0) }, body)
    }

    /// Traps, with all sizes, unless a slice may start at byte `offset` and lies inside. For
    /// backends.
    public func checkSlice(of tensor: Tensor, atByte offset: Int, _ spec: TensorSpec) {
        precondition(
            offset >= 0 && offset % sliceAlignment == 0
                && offset.saturatingAdding(spec.byteCount) <= tensor.byteCount,
            """
            a slice \(spec) at byte \(offset) of \(tensor.spec) leaves it, or is not aligned to \
            \(sliceAlignment) bytes
            """)
    }

    /// A new float tensor with these elements, which are computed once the device and the host are
    /// known to have room for them.
    public func makeTensor(
        _ shape: Shape, _ values: @autoclosure () throws -> [Float]
    ) throws -> Tensor {
        let tensor = try makeTensor(shape)
        guard keepsElements else { return tensor }
        try HostMemory.check(tensor.byteCount, for: "the values of a tensor \(shape)")
        try upload(values(), to: tensor)
        return tensor
    }

    /// A new integer tensor `[values.count]`.
    public func makeTensor(integers values: [Int32]) throws -> Tensor {
        let tensor = try makeTensor([values.count], .int32)
        try values.withUnsafeBytes { try upload($0, to: tensor) }
        return tensor
    }

    /// Writes `values` into a float tensor of as many elements, as the bytes of an upload.
    public func upload(_ values: [Float], to tensor: Tensor) throws {
        try values.withUnsafeBytes { try upload($0, to: tensor) }
    }
}
