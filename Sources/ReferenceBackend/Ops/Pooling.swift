import Tensors

extension ReferenceBackend {
    public func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) throws {
        checkPool(input, geometry.inputShape, output, geometry.outputShape)
        let (x, y) = (input.elements, output.elements)
        geometry.forEachWindow { output, inputs in
            y[output] = x[place(ofLargest: inputs, x)]
        }
    }

    public func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor
    ) throws {
        checkPool(input, geometry.inputShape, outputGradient, geometry.outputShape)
        checkSameShape(input, inputGradient, "max pool gradient")
        let (x, g, result) = (input.elements, outputGradient.elements, inputGradient.elements)
        result.update(repeating: 0)
        geometry.forEachWindow { output, inputs in
            result[place(ofLargest: inputs, x)] = g[output]
        }
    }

    /// The first of the largest elements; the last NaN if there is any.
    private func place(ofLargest inputs: [Int], _ x: UnsafeMutableBufferPointer<Double>) -> Int {
        inputs.dropFirst().reduce(inputs[0]) { best, next in
            x[next] > x[best] || x[next].isNaN ? next : best
        }
    }

    public func averagePool(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) throws {
        checkPool(input, geometry.inputShape, output, geometry.outputShape)
        let (x, y) = (input.elements, output.elements)
        geometry.forEachWindow { output, inputs in
            y[output] = inputs.reduce(0) { $0 + x[$1] } / Double(inputs.count)
        }
    }

    public func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) throws {
        checkPool(inputGradient, geometry.inputShape, outputGradient, geometry.outputShape)
        let (g, result) = (outputGradient.elements, inputGradient.elements)
        result.update(repeating: 0)
        geometry.forEachWindow { output, inputs in
            for input in inputs { result[input] += g[output] / Double(inputs.count) }
        }
    }

    private func checkPool(
        _ input: Tensor, _ inputShape: Shape, _ output: Tensor, _ outputShape: Shape
    ) {
        precondition(
            input.shape == inputShape && output.shape == outputShape,
            "pool of \(input.shape) to \(output.shape) is not \(inputShape) to \(outputShape)")
    }
}

extension MaxPoolGeometry {
    /// Every window: the index of its output and those of its inputs, in row order.
    fileprivate func forEachWindow(_ body: (_ output: Int, _ inputs: [Int]) -> Void) {
        for output in 0..<outputShape.count {
            let (pixel, channel) = output.quotientAndRemainder(dividingBy: channels)
            let (line, column) = pixel.quotientAndRemainder(dividingBy: outputWidth)
            let (image, row) = line.quotientAndRemainder(dividingBy: outputHeight)
            let inputs = (0..<window * window).map { tap in
                let y = row * stride + tap / window
                let x = column * stride + tap % window
                return ((image * height + y) * width + x) * channels + channel
            }
            body(output, inputs)
        }
    }
}

extension AveragePoolGeometry {
    /// Every window: the index of its output, in (channel, row, column) order, and of its inputs.
    fileprivate func forEachWindow(_ body: (_ output: Int, _ inputs: [Int]) -> Void) {
        for output in 0..<outputShape.count {
            let (cell, column) = output.quotientAndRemainder(dividingBy: columns.count)
            let (plane, row) = cell.quotientAndRemainder(dividingBy: rows.count)
            let (image, channel) = plane.quotientAndRemainder(dividingBy: channels)
            let inputs = rows[row].flatMap { y in
                columns[column].map { x in
                    ((image * rows.length + y) * columns.length + x) * channels + channel
                }
            }
            body(output, inputs)
        }
    }
}
