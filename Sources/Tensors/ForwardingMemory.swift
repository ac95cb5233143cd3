/// The part of ``ForwardingBackend`` that makes, fills and reads tensors.
open class ForwardingMemory: DeviceMemory {
    /// The backend that does the work.
    public let base: any Backend

    /// Forwards to `base`.
    public init(_ base: any Backend) { self.base = base }

    /// Called in place of every operation that moves or computes elements, to run `body`.
    ///
    /// - Parameter operation: its name, with the labels of its arguments.
    open func around(_ operation: String = #function, _ body: () throws -> Void) throws {
        try body()
    }

    open var name: String { base.name }
    open var sliceAlignment: Int { base.sliceAlignment }
    open var memoryUse: MemoryUse { base.memoryUse }
    open var memoryLimits: MemoryLimits { base.memoryLimits }

    open var keepsElements: Bool { base.keepsElements }

    open func makeTensor(_ spec: TensorSpec) throws -> Tensor { try base.makeTensor(spec) }

    open func slice(_ tensor: Tensor, atByte offset: Int, _ spec: TensorSpec) throws -> Tensor {
        try base.slice(tensor, atByte: offset, spec)
    }

    open func withScratch<Result>(
        _ specs: [TensorSpec], _ body: ([Tensor]) throws -> Result
    ) throws -> Result {
        try base.withScratch(specs, body)
    }

    open func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
        try around { try base.upload(bytes, to: tensor) }
    }

    open func read(_ tensor: Tensor) throws -> [Float] { try base.read(tensor) }

    open func readIntegers(_ tensor: Tensor) throws -> [Int32] { try base.readIntegers(tensor) }

    open func copy(_ source: Tensor, into destination: Tensor) throws {
        try around { try base.copy(source, into: destination) }
    }

    open func fill(_ tensor: Tensor, with value: Float) throws {
        try around { try base.fill(tensor, with: value) }
    }

    open func synchronize() throws { try base.synchronize() }
}
