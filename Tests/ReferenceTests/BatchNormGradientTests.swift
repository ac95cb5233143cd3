import ReferenceBackend
import Tensors
import TestSupport
import Testing

/// Batch norm with its activation, alone and in front of a pool, against central differences.
struct BatchNormGradientTests {
    /// A block's `z → a → p`, run anew for every value: the statistics depend on the input.
    struct Block {
        let backend = ReferenceBackend()
        let pool: AveragePoolGeometry
        let activation: Activation
        var shape: Shape { pool.inputShape }
        var channels: Shape { [shape.channels] }

        struct Pass {
            let input, output, pooled, windowSums: Tensor
            let parameters: BatchNormParameters
            let statistics: BatchStatistics
        }

        func forward(_ x: [Double], _ scale: [Double], _ shift: [Double]) throws -> Pass {
            let pass = Pass(
                input: try backend.makeTensor(shape, doubles: x),
                output: try backend.makeTensor(shape),
                pooled: try backend.makeTensor(pool.outputShape),
                windowSums: try backend.makeTensor([2, pool.batch, pool.features]),
                parameters: BatchNormParameters(
                    scale: try backend.makeTensor(channels, doubles: scale),
                    shift: try backend.makeTensor(channels, doubles: shift),
                    runningMean: try backend.makeTensor(channels, doubles: scale.map { _ in 0 }),
                    runningVariance: try backend.makeTensor(
                        channels, doubles: scale.map { _ in 1 })),
                statistics: BatchStatistics(
                    mean: try backend.makeTensor(channels),
                    inverseDeviation: try backend.makeTensor(channels)))
            try backend.batchStatistics(
                of: pass.input, updating: pass.parameters, into: pass.statistics)
            try backend.batchNormPool(
                pass.input, pass.parameters, pass.statistics, activation, pool, maxPool: nil,
                into: pass.output, pooled: pass.pooled, windowSums: pass.windowSums)
            return pass
        }
    }

    static let activations: [Activation] = [.identity, .leakyReLU(slope: 0.01), .tanh]

    @Test(arguments: [[4, 3], [2, 3, 2, 2]] as [Shape], activations)
    func batchNorm(shape: Shape, activation: Activation) throws {
        let block = Block(
            pool: AveragePoolGeometry(inputShape: shape, size: 2), activation: activation)
        let (x, g) = (
            randomValues("input \(shape)", shape.count), randomValues("gradient", shape.count)
        )
        let (scale, shift) = (
            randomValues("scale", shape.channels).map { 1 + 0.5 * $0 },
            randomValues("shift", shape.channels).map { 0.3 * $0 }
        )
        let backend = block.backend
        let pass = try block.forward(x, scale, shift)
        let (inputGradient, scaleGradient, shiftGradient) = (
            try backend.makeTensor(shape), try backend.makeTensor(block.channels),
            try backend.makeTensor(block.channels)
        )
        try backend.batchNormGradient(
            of: backend.makeTensor(shape, doubles: g), input: pass.input, pass.parameters,
            pass.statistics, activation, into: inputGradient, scaleGradient: scaleGradient,
            shiftGradient: shiftGradient)

        func loss(_ x: [Double], _ scale: [Double], _ shift: [Double]) throws -> Double {
            weighted(backend.readDoubles(try block.forward(x, scale, shift).output), by: g)
        }
        try check(
            [inputGradient, scaleGradient, shiftGradient].map(backend.readDoubles), x, scale,
            shift, loss)
    }

    @Test(arguments: GradientTests.averagePools, activations)
    func batchNormPoolGradient(pool: AveragePoolGeometry, activation: Activation) throws {
        let shape = pool.inputShape
        // More than one row, or the statistics are nothing.
        try #require(shape.rows > 1)
        let block = Block(pool: pool, activation: activation)
        let (x, g) = (
            randomValues("input \(shape)", shape.count),
            randomValues("gradient", pool.outputShape.count)
        )
        let (scale, shift) = (
            randomValues("scale", shape.channels).map { 1 + 0.5 * $0 },
            randomValues("shift", shape.channels).map { 0.3 * $0 }
        )
        let backend = block.backend
        let pass = try block.forward(x, scale, shift)
        let (inputGradient, scaleGradient, shiftGradient) = (
            try backend.makeTensor(shape), try backend.makeTensor(block.channels),
            try backend.makeTensor(block.channels)
        )
        try backend.batchNormPoolGradient(
            of: backend.makeTensor(pool.outputShape, doubles: g), input: pass.input,
            windowSums: pass.windowSums, pass.parameters, pass.statistics, activation, pool,
            into: inputGradient, scaleGradient: scaleGradient, shiftGradient: shiftGradient)

        func loss(_ x: [Double], _ scale: [Double], _ shift: [Double]) throws -> Double {
            weighted(backend.readDoubles(try block.forward(x, scale, shift).pooled), by: g)
        }
        try check(
            [inputGradient, scaleGradient, shiftGradient].map(backend.readDoubles), x, scale,
            shift, loss)
    }

    private func check(
        _ gradients: [[Double]], _ x: [Double], _ scale: [Double], _ shift: [Double],
        _ loss: ([Double], [Double], [Double]) throws -> Double
    ) throws {
        #expect(
            try gradientDeviation(gradients[0], at: x) { try loss($0, scale, shift) }
                < GradientTests.allowed)
        #expect(
            try gradientDeviation(gradients[1], at: scale) { try loss(x, $0, shift) }
                < GradientTests.allowed)
        #expect(
            try gradientDeviation(gradients[2], at: shift) { try loss(x, scale, $0) }
                < GradientTests.allowed)
    }
}
