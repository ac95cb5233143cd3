import CVectorLoops
import Tensors

extension BLASBackend {
    public func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) throws {
        checkPool(input, geometry.inputShape, output, geometry.outputShape)
        let (x, y) = (input.floats, output.floats)
        var shape = geometry.vector
        let (inputSize, outputSize) = (geometry.inputSize, geometry.outputSize)
        withUnsafePointer(to: &shape) { shape in
            parallelFor(geometry.batch, work: inputSize) { _, images in
                let first = images.lowerBound
                vector_max_pool(
                    x + first * inputSize, y + first * outputSize, images.count, shape)
            }
        }
    }

    public func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor
    ) throws {
        checkPool(input, geometry.inputShape, outputGradient, geometry.outputShape)
        checkSameShape(input, inputGradient, "max pool gradient")
        let (x, g, result) = (input.floats, outputGradient.floats, inputGradient.floats)
        var shape = geometry.vector
        let (inputSize, outputSize) = (geometry.inputSize, geometry.outputSize)
        withUnsafePointer(to: &shape) { shape in
            parallelFor(geometry.batch, work: inputSize) { _, images in
                let first = images.lowerBound
                vector_max_pool_gradient(
                    g + first * outputSize, x + first * inputSize, result + first * inputSize,
                    images.count, shape)
            }
        }
    }

    public func averagePool(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) throws {
        checkPool(input, geometry.inputShape, output, geometry.outputShape)
        let (x, y) = (input.floats, output.floats)
        var shape = geometry.vector
        let (size, features, channels) = (
            geometry.imageSize, geometry.features, geometry.channels
        )
        let parts = partition(geometry.batch, work: size)
        try withScratch(parts.count * channels, of: Float.self) { memory in
            withUnsafePointer(to: &shape) { shape in
                threads.run(parts.count) { part in
                    let first = parts[part].lowerBound
                    vector_average_pool(
                        x + first * size, y + first * features, parts[part].count, shape,
                        memory + part * channels)
                }
            }
        }
    }

    public func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) throws {
        checkPool(inputGradient, geometry.inputShape, outputGradient, geometry.outputShape)
        let (g, result) = (outputGradient.floats, inputGradient.floats)
        var shape = geometry.vector
        let (size, features) = (geometry.imageSize, geometry.features)
        let parts = partition(geometry.batch, work: size)
        try withScratch(parts.count * features, of: Float.self) { memory in
            withUnsafePointer(to: &shape) { shape in
                threads.run(parts.count) { part in
                    let first = parts[part].lowerBound
                    vector_average_pool_gradient(
                        g + first * features, result + first * size, parts[part].count, shape,
                        memory + part * features)
                }
            }
        }
    }

    func checkPool(
        _ input: Tensor, _ inputShape: Shape, _ output: Tensor, _ outputShape: Shape
    ) {
        precondition(
            input.shape == inputShape && output.shape == outputShape,
            "pool of \(input.shape) to \(output.shape) is not \(inputShape) to \(outputShape)")
    }
}

extension MaxPoolGeometry {
    /// Elements of one image.
    fileprivate var inputSize: Int { height * width * channels }
    var outputSize: Int { outputHeight * outputWidth * channels }

    var vector: vector_max_pool_shape {
        vector_max_pool_shape(
            height: height, width: width, channels: channels, window: window, stride: stride,
            output_height: outputHeight, output_width: outputWidth)
    }
}

extension AveragePoolGeometry {
    /// Elements of one image.
    var imageSize: Int { rows.length * columns.length * channels }

    /// As the C loops know it: a vector is an image of one row and one channel.
    var vector: vector_average_pool_shape {
        vector_average_pool_shape(
            height: rows.length, width: columns.length, channels: channels,
            window_rows: rows.count, window_columns: columns.count)
    }
}
