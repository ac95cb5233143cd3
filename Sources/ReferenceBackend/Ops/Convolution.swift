import Tensors

extension ReferenceBackend {
    public func convolve(
        _ input: Tensor, _ weights: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        checkConvolution(
            input: input, weights: weights, bias: bias, output: output, geometry)
        let (x, w, y) = (input.elements, weights.elements, output.elements)
        let biases = bias?.elements
        for index in 0..<output.count {
            y[index] = biases?[index % geometry.outputChannels] ?? 0
        }
        geometry.forEachProduct { input, weight, output, channels in
            for o in 0..<channels { y[output + o] += x[input] * w[weight + o] }
        }
    }

    public func convolutionWeightGradient(
        _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        checkConvolution(
            input: input, weights: weightGradient, output: outputGradient, geometry)
        let (x, w, y) = (input.elements, weightGradient.elements, outputGradient.elements)
        w.update(repeating: 0)
        geometry.forEachProduct { input, weight, output, channels in
            for o in 0..<channels { w[weight + o] += x[input] * y[output + o] }
        }
    }

    public func convolutionInputGradient(
        of outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        checkConvolution(
            input: inputGradient, weights: weights, output: outputGradient, geometry)
        let (x, w, y) = (inputGradient.elements, weights.elements, outputGradient.elements)
        x.update(repeating: 0)
        geometry.forEachProduct { input, weight, output, channels in
            for o in 0..<channels { x[input] += w[weight + o] * y[output + o] }
        }
    }
}

extension ConvolutionGeometry {
    /// Calls `body` with the index of every input element, and the first index of each row of
    /// output channels, of one group, that it reaches, and of the weights between the two.
    fileprivate func forEachProduct(
        _ body: (_ input: Int, _ weight: Int, _ output: Int, _ channels: Int) -> Void
    ) {
        let (inputs, outputs) = (inputChannels / groups, outputChannels / groups)
        for image in 0..<batch {
            for row in 0..<outputHeight {
                for column in 0..<outputWidth {
                    let output = (image * outputHeight + row) * outputWidth + column
                    for i in 0..<kernelHeight {
                        for j in 0..<kernelWidth {
                            let y = row * stride + i - padding
                            let x = column * stride + j - padding
                            guard 0..<height ~= y, 0..<width ~= x else { continue }
                            let input = (image * height + y) * width + x
                            for channel in 0..<inputChannels {
                                let (group, c) = channel.quotientAndRemainder(dividingBy: inputs)
                                let tap = (i * kernelWidth + j) * inputs + c
                                body(
                                    input * inputChannels + channel,
                                    tap * outputChannels + group * outputs,
                                    output * outputChannels + group * outputs, outputs)
                            }
                        }
                    }
                }
            }
        }
    }
}
