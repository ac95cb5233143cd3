import CVectorLoops
import Tensors

extension BLASBackend {
    public func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        checkConvolution(input: input, weights: weights, bias: bias, output: output, geometry)
        let (x, w, y, bias) = (input.floats, weights.floats, output.floats, bias?.floats)
        if geometry.isDepthwise {
            return overImages(geometry) { images, shape in
                vector_depthwise(
                    x + images.lowerBound * geometry.imageSize, w, bias,
                    y + images.lowerBound * geometry.outputImageSize, images.count, shape)
            }
        }
        if let size = winogradSize(for: geometry) {
            return try winogradConvolve(x, w, bias: bias, geometry, size, into: y)
        }
        let strips = ConvolutionStrips(geometry)
        let parts = partition(geometry.outputPixels, work: geometry.workPerPixel)
        try withScratch(parts.count * strips.memorySize, of: Float.self) { memory in
            runProducts(parts.count) { part in
                for pixels in strips.pieces(of: parts[part]) {
                    for group in 0..<strips.groups {
                        let windows = strips.windows(
                            of: pixels, group: group, in: x,
                            memory: memory + part * strips.memorySize)
                        let first = group * strips.outputsPerGroup
                        MatrixProduct(
                            left: windows.rows, leftStride: windows.stride, right: w + first,
                            rightStride: geometry.outputChannels,
                            output: y + pixels.lowerBound * geometry.outputChannels + first,
                            outputStride: geometry.outputChannels
                        ).compute(
                            rows: 0..<pixels.count, columns: 0..<strips.outputsPerGroup,
                            terms: 0..<strips.windowSize, bias: bias.map { $0 + first })
                    }
                }
            }
        }
    }

    public func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        checkConvolution(
            input: input, weights: weightGradient, output: outputGradient, geometry)
        let (x, g) = (input.floats, outputGradient.floats)
        if geometry.isDepthwise {
            return try depthwiseWeightGradient(x, g, geometry, into: weightGradient)
        }
        if let size = winogradSize(for: geometry) {
            return try winogradWeightGradient(x, g, geometry, size, into: weightGradient.floats)
        }
        let strips = ConvolutionStrips(geometry)
        let parts = partition(geometry.outputPixels, work: geometry.workPerPixel)
        try sumPartials(parts.count, into: weightGradient, memory: strips.memorySize) {
            part, result, memory in
            for pixels in strips.pieces(of: parts[part]) {
                for group in 0..<strips.groups {
                    let windows = strips.windows(
                        of: pixels, group: group, in: x, memory: memory)
                    let first = group * strips.outputsPerGroup
                    MatrixProduct(
                        left: windows.rows, isLeftTransposed: true, leftStride: windows.stride,
                        right: g + pixels.lowerBound * geometry.outputChannels + first,
                        rightStride: geometry.outputChannels, output: result + first,
                        outputStride: geometry.outputChannels
                    ).compute(
                        rows: 0..<strips.windowSize, columns: 0..<strips.outputsPerGroup,
                        terms: 0..<pixels.count,
                        isAdded: pixels.lowerBound > parts[part].lowerBound)
                }
            }
        }
    }

    public func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        checkConvolution(
            input: inputGradient, weights: weights, output: outputGradient, geometry)
        let (g, w, result) = (outputGradient.floats, weights.floats, inputGradient.floats)
        if geometry.isDepthwise {
            return overImages(geometry) { images, shape in
                vector_depthwise_input_gradient(
                    g + images.lowerBound * geometry.outputImageSize, w,
                    result + images.lowerBound * geometry.imageSize, images.count, shape)
            }
        }
        if let size = winogradSize(for: geometry) {
            return try winogradInputGradient(g, w, geometry, size, into: result)
        }
        let strips = ConvolutionStrips(geometry)
        // Windows overlap, so an image belongs to one thread.
        let parts = partition(
            geometry.batch,
            work: geometry.outputHeight * geometry.outputWidth * geometry.workPerPixel)
        let pixelsPerImage = geometry.outputHeight * geometry.outputWidth
        var shape = geometry.vector
        try withScratch(parts.count * strips.memorySize, of: Float.self) { memory in
            withUnsafePointer(to: &shape) { shape in
                runProducts(parts.count) { part in
                    let images = parts[part]
                    if !strips.isPlain {
                        (result + images.lowerBound * geometry.imageSize).update(
                            repeating: 0, count: images.count * geometry.imageSize)
                    }
                    let all =
                        images.lowerBound * pixelsPerImage..<images.upperBound * pixelsPerImage
                    for pixels in strips.pieces(of: all) {
                        for group in 0..<strips.groups {
                            inputGradientStrip(
                                strips, shape, pixels, group, g, w,
                                memory: memory + part * strips.memorySize, into: result)
                        }
                    }
                }
            }
        }
    }

    /// The gradient of the windows of `pixels`, added to the pixels that they were made of.
    private func inputGradientStrip(
        _ strips: ConvolutionStrips, _ shape: UnsafePointer<vector_convolution_shape>,
        _ pixels: Range<Int>, _ group: Int, _ gradient: UnsafePointer<Float>,
        _ weights: UnsafePointer<Float>, memory: UnsafeMutablePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let (inputs, outputs) = (strips.geometry.inputChannels, strips.geometry.outputChannels)
        let (first, channel) = (group * strips.outputsPerGroup, group * strips.inputsPerGroup)
        MatrixProduct(
            left: gradient + pixels.lowerBound * outputs + first, leftStride: outputs,
            right: weights + first, isRightTransposed: true, rightStride: outputs,
            output: strips.isPlain ? result + pixels.lowerBound * inputs + channel : memory,
            outputStride: strips.isPlain ? inputs : strips.windowSize
        ).compute(
            rows: 0..<pixels.count, columns: 0..<strips.windowSize,
            terms: 0..<strips.outputsPerGroup)
        guard !strips.isPlain else { return }
        vector_scatter_windows(
            memory, shape, pixels.lowerBound, pixels.count, channel, strips.inputsPerGroup,
            result)
    }
}

extension BLASBackend {
    private func depthwiseWeightGradient(
        _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        var shape = geometry.vector
        let parts = partition(geometry.batch, work: geometry.workPerImage)
        try withUnsafePointer(to: &shape) { shape in
            try sumPartials(parts.count, into: weightGradient, memory: weightGradient.count) {
                part, result, memory in
                let images = parts[part]
                result.update(repeating: 0, count: weightGradient.count)
                vector_depthwise_weight_gradient(
                    x + images.lowerBound * geometry.imageSize,
                    g + images.lowerBound * geometry.outputImageSize, result, images.count, shape,
                    memory)
            }
        }
    }

    /// Runs `body` for every part, the first into `destination` and the others into memory of their
    /// own, and adds these in order.
    ///
    /// - Parameter memory: floats that each part may use besides.
    private func sumPartials(
        _ parts: Int, into destination: Tensor, memory memorySize: Int,
        _ body: (
            _ part: Int, _ result: UnsafeMutablePointer<Float>,
            _ memory: UnsafeMutablePointer<Float>
        ) -> Void
    ) throws {
        let (result, size) = (destination.floats, destination.count)
        try withScratch((parts - 1) * size + parts * memorySize, of: Float.self) { memory in
            let own = memory + (parts - 1) * size
            runProducts(parts) { part in
                body(
                    part, part == 0 ? result : memory + (part - 1) * size,
                    own + part * memorySize)
            }
            for part in 1..<max(1, parts) {
                parallelFor(size, grain: 64) { _, range in
                    vector_add(
                        memory + (part - 1) * size + range.lowerBound, result + range.lowerBound,
                        range.count)
                }
            }
        }
    }

    private func overImages(
        _ geometry: ConvolutionGeometry,
        _ body: (Range<Int>, UnsafePointer<vector_convolution_shape>) -> Void
    ) {
        var shape = geometry.vector
        withUnsafePointer(to: &shape) { shape in
            parallelFor(geometry.batch, work: geometry.workPerImage) { body($1, shape) }
        }
    }
}

extension ConvolutionGeometry {
    /// Elements of one image.
    fileprivate var imageSize: Int { height * width * inputChannels }
    fileprivate var outputImageSize: Int { outputHeight * outputWidth * outputChannels }
    fileprivate var workPerPixel: Int { multiplyAccumulates / outputPixels }
    fileprivate var workPerImage: Int { multiplyAccumulates / batch }
}
