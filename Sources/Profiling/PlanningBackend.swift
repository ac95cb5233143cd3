import Tensors

/// A backend that computes nothing: it counts the bytes that are asked of it and notes the products
/// and convolutions of a step. A rule that runs on it says what it needs, whatever rule it is.
public final class PlanningBackend: Backend {
    public let sliceAlignment: Int
    public var name: String { "plan" }
    public var memoryUse: MemoryUse { counter.use }
    public var keepsElements: Bool { false }
    public let memoryLimits: MemoryLimits

    private let counter = MemoryCounter()
    private(set) var operations: [PlannedOperation] = []

    /// - Parameters:
    ///   - alignment: of the device that is planned for, see ``DeviceMemory``.
    ///   - limits: that it refuses to go beyond.
    public init(alignment: Int, limits: MemoryLimits = .none) {
        sliceAlignment = alignment
        memoryLimits = limits
    }

    /// What `body` has run.
    func record(_ body: () throws -> Void) rethrows -> [PlannedOperation] {
        operations = []
        try body()
        return operations
    }

    private func note(_ operation: DenseOperation, _ operands: [Tensor], into result: Tensor) {
        operations.append(
            PlannedOperation(
                operation: operation, operands: operands.map(\.identity), result: result.identity))
    }
}

/// A product or a convolution, with the memory that it reads and writes.
struct PlannedOperation {
    let operation: DenseOperation
    let operands: [ObjectIdentifier]
    let result: ObjectIdentifier
}

extension Tensor {
    /// Of its memory: the same for all shapes that it is seen under.
    var identity: ObjectIdentifier { ObjectIdentifier(buffer) }
}

private final class PlannedBuffer: DeviceBuffer {
    private let byteCount: Int
    private let counter: MemoryCounter

    init(byteCount: Int, _ counter: MemoryCounter) {
        self.byteCount = byteCount
        self.counter = counter
        counter.add(byteCount)
    }

    deinit { counter.remove(byteCount) }
}

/// A part of an allocation, kept alive by it.
private final class PlannedSlice: DeviceBuffer {
    let whole: any DeviceBuffer

    init(of whole: any DeviceBuffer) { self.whole = whole }
}

// MARK: Memory

extension PlanningBackend {
    public func makeTensor(_ spec: TensorSpec) throws -> Tensor {
        let bytes = try spec.checkedByteCount()
        let held = counter.use.current
        guard bytes <= memoryLimits.allocation, bytes <= memoryLimits.total - held else {
            throw OutOfMemoryError(
                "\(bytes) bytes are needed besides \(held)", bytesNeeded: bytes + held)
        }
        return Tensor(spec, buffer: PlannedBuffer(byteCount: bytes, counter))
    }

    public func slice(_ tensor: Tensor, atByte offset: Int, _ spec: TensorSpec) throws -> Tensor {
        Tensor(spec, buffer: PlannedSlice(of: tensor.buffer))
    }

    /// Scratch is the device's own business, and not planned.
    public func withScratch<Result>(
        _ specs: [TensorSpec], _ body: ([Tensor]) throws -> Result
    ) throws -> Result {
        let uncounted = MemoryCounter()
        return try body(
            try specs.map {
                Tensor($0, buffer: PlannedBuffer(byteCount: try $0.checkedByteCount(), uncounted))
            })
    }

    public func read(_ tensor: Tensor) throws -> [Float] {
        [Float](repeating: 0, count: tensor.count)
    }

    public func readIntegers(_ tensor: Tensor) throws -> [Int32] {
        [Int32](repeating: 0, count: tensor.count)
    }

    public func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {}
    public func copy(_ source: Tensor, into destination: Tensor) throws {}
    public func fill(_ tensor: Tensor, with value: Float) throws {}
    public func synchronize() throws {}
}

// MARK: What is counted

extension PlanningBackend {
    public func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) throws {
        note(.product(ProductGeometry(left, right)), [left.tensor, right.tensor], into: output)
    }

    public func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        note(.convolution(geometry, .forward), [input, weights], into: output)
    }

    public func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        note(
            .convolution(geometry, .weightGradient), [input, outputGradient], into: weightGradient)
    }

    public func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        note(
            .convolution(geometry, .inputGradient), [outputGradient, weights], into: inputGradient)
    }
}

// MARK: What costs no multiply–accumulates worth counting

extension PlanningBackend {
    public func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) {}
    public func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor
    ) {}
    public func scaleAdd(
        _ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor
    ) {}
    public func multiplyAdd(
        _ alpha: Float, _ left: Tensor, _ right: Tensor, _ beta: Float, into destination: Tensor
    ) {}
    public func divideAdd(
        _ alpha: Float, _ numerator: Tensor, _ denominator: Tensor, epsilon: Float, _ beta: Float,
        into destination: Tensor
    ) {}
    public func squareRoot(_ input: Tensor, into output: Tensor) {}
    public func signum(_ input: Tensor, into output: Tensor) {}
    public func sumRows(_ input: Tensor, into output: Tensor) {}
    public func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) {}
    public func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) {}
    public func dropout(_ input: Tensor, probability: Float, key: UInt64, into output: Tensor) {}

    public func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics
    ) {}
    public func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics
    ) {}
    public func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor
    ) {}
    public func batchNormGradient(
        of outputGradient: Tensor, input: Tensor, _ parameters: BatchNormParameters,
        _ statistics: BatchStatistics, _ activation: Activation, into inputGradient: Tensor,
        scaleGradient: Tensor, shiftGradient: Tensor
    ) {}
    public func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) {}
    public func normalizeRowsGradient(
        of outputGradient: Tensor, output: Tensor, norms: Tensor, into inputGradient: Tensor
    ) {}

    public func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) {}
    public func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor
    ) {}
    public func averagePool(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) {}
    public func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) {}

    public func crossEntropy(
        _ logits: Tensor, _ targets: Targets, _ options: CrossEntropyOptions, gradient: Tensor?,
        addingLossTo total: Tensor
    ) {}
    public func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor
    ) {}
    public func sumLabelWeights(_ labels: Tensor, _ weights: Tensor, into sum: Tensor) {}
    public func oneHot(_ targets: Targets, value: Float, into output: Tensor) {}

    public func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep
    ) {}
    public func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep
    ) {}
    public func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep
    ) {}
    public func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) {}
}
