import ReferenceBackend
import Tensors

/// The reference behind a wall of forwarding: override one operation to break it.
open class ForwardingBackend: Backend {
    public let base = ReferenceBackend()

    public init() {}

    // MARK: Memory

    open var name: String { "forwarding to \(base.name)" }
    open var sliceAlignment: Int { base.sliceAlignment }
    open var memoryUse: MemoryUse { base.memoryUse }
    open var memoryLimits: MemoryLimits { base.memoryLimits }

    open func makeTensor(_ shape: Shape, _ elementType: ElementType) throws -> Tensor {
        try base.makeTensor(shape, elementType)
    }

    open func slice(_ tensor: Tensor, at offset: Int, _ shape: Shape) throws -> Tensor {
        try base.slice(tensor, at: offset, shape)
    }

    open func withScratch<Result>(_ shapes: [Shape], _ body: ([Tensor]) throws -> Result) throws
        -> Result
    {
        try base.withScratch(shapes, body)
    }

    open func upload(_ bytes: UnsafeRawBufferPointer, to tensor: Tensor) throws {
        try base.upload(bytes, to: tensor)
    }

    open func read(_ tensor: Tensor) throws -> [Float] { try base.read(tensor) }

    open func readIntegers(_ tensor: Tensor) throws -> [Int32] { try base.readIntegers(tensor) }

    open func copy(_ source: Tensor, into destination: Tensor) throws {
        try base.copy(source, into: destination)
    }

    open func fill(_ tensor: Tensor, with value: Float) throws {
        try base.fill(tensor, with: value)
    }

    open func synchronize() throws { try base.synchronize() }

    // MARK: Matrix and convolution

    open func multiply(
        _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
    ) throws {
        try base.multiply(left, right, bias: bias, into: output)
    }

    open func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        try base.convolve(input, weights, bias: bias, geometry, into: output)
    }

    open func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        try base.convolutionWeightGradient(
            input, of: outputGradient, geometry, into: weightGradient)
    }

    open func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        try base.convolutionInputGradient(
            of: outputGradient, weights, geometry, into: inputGradient)
    }

    // MARK: Elementwise

    open func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws {
        try base.activate(input, activation, into: output)
    }

    open func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor
    ) throws {
        try base.activationGradient(
            of: outputGradient, output: output, activation, into: inputGradient)
    }

    open func scaleAdd(
        _ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        try base.scaleAdd(alpha, source, beta, into: destination)
    }

    open func sumRows(_ input: Tensor, into output: Tensor) throws {
        try base.sumRows(input, into: output)
    }

    open func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws {
        try base.scaleColumns(input, by: scale, into: output)
    }

    open func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws {
        try base.sumRowProducts(left, right, into: output)
    }

    open func dropout(
        _ input: Tensor, probability: Float, key: UInt64, into output: Tensor
    ) throws {
        try base.dropout(input, probability: probability, key: key, into: output)
    }

    // MARK: Normalization

    open func batchStatistics(
        of input: Tensor, updating parameters: BatchNormParameters,
        into statistics: BatchStatistics
    ) throws {
        try base.batchStatistics(of: input, updating: parameters, into: statistics)
    }

    open func runningStatistics(
        of parameters: BatchNormParameters, into statistics: BatchStatistics
    ) throws {
        try base.runningStatistics(of: parameters, into: statistics)
    }

    open func batchNorm(
        _ input: Tensor, _ parameters: BatchNormParameters, _ statistics: BatchStatistics,
        _ activation: Activation, into output: Tensor
    ) throws {
        try base.batchNorm(input, parameters, statistics, activation, into: output)
    }

    open func batchNormGradient(
        of outputGradient: Tensor, input: Tensor, _ parameters: BatchNormParameters,
        _ statistics: BatchStatistics, _ activation: Activation, into inputGradient: Tensor,
        scaleGradient: Tensor, shiftGradient: Tensor
    ) throws {
        try base.batchNormGradient(
            of: outputGradient, input: input, parameters, statistics, activation,
            into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)
    }

    open func normalizeRows(_ input: Tensor, into output: Tensor, norms: Tensor) throws {
        try base.normalizeRows(input, into: output, norms: norms)
    }

    open func normalizeRowsGradient(
        of outputGradient: Tensor, output: Tensor, norms: Tensor, into inputGradient: Tensor
    ) throws {
        try base.normalizeRowsGradient(
            of: outputGradient, output: output, norms: norms, into: inputGradient)
    }

    // MARK: Pooling and loss

    open func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) throws {
        try base.maxPool(input, geometry, into: output)
    }

    open func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor
    ) throws {
        try base.maxPoolGradient(
            of: outputGradient, input: input, geometry, into: inputGradient)
    }

    open func averagePool(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) throws {
        try base.averagePool(input, geometry, into: output)
    }

    open func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) throws {
        try base.averagePoolGradient(of: outputGradient, geometry, into: inputGradient)
    }

    open func crossEntropy(
        _ logits: Tensor, _ labels: Tensor, _ options: CrossEntropyOptions,
        gradient: Tensor?, addingLossTo total: Tensor
    ) throws {
        try base.crossEntropy(logits, labels, options, gradient: gradient, addingLossTo: total)
    }

    open func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor
    ) throws {
        try base.countCorrect(logits, labels, top: top, addingTo: total)
    }

    open func oneHot(_ labels: Tensor, value: Float, into output: Tensor) throws {
        try base.oneHot(labels, value: value, into: output)
    }

    // MARK: Local loss

    open func synchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ labels: Tensor, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        try composedSynchronizationLoss(
            pooled, basis: basis, labels, options, into: pooledGradient, addingLossTo: total)
    }

    // MARK: Optimizer

    open func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep
    ) throws {
        try base.updateSGD(parameters, gradient: gradient, momentum: momentum, step)
    }

    open func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep
    ) throws {
        try base.updateAdam(
            parameters, gradient: gradient, firstMoment: firstMoment, secondMoment: secondMoment,
            step)
    }

    open func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep
    ) throws {
        try base.updateScheduleFree(
            parameters, gradient: gradient, iterate: iterate, secondMoment: secondMoment, step)
    }

    open func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) throws {
        try base.interpolate(tensor, toward: end, by: weight)
    }
}
