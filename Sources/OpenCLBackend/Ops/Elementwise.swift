import Tensors

extension OpenCLBackend: ElementwiseOps {
    public func activate(_ input: Tensor, _ activation: Activation, into output: Tensor) throws {
        precondition(
            input.shape == output.shape, "activation of \(input.shape) into \(output.shape)")
        try map(
            .elementwise, "activate", activation: activation, [input, output], count: input.count,
            [activation.slope])
    }

    public func activationGradient(
        of outputGradient: Tensor, output: Tensor, _ activation: Activation,
        into inputGradient: Tensor
    ) throws {
        precondition(
            outputGradient.shape == output.shape && inputGradient.shape == output.shape,
            """
            activation gradient of \(outputGradient.shape) at \(output.shape) into \
            \(inputGradient.shape)
            """)
        try map(
            .elementwise, "activation_gradient", activation: activation,
            [outputGradient, output, inputGradient], count: output.count, [activation.slope])
    }

    public func scaleAdd(
        _ alpha: Float, _ source: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        precondition(
            source.shape == destination.shape, "adding \(source.shape) to \(destination.shape)")
        let tensors = [source, destination]
        if beta == 0 {
            try map(.elementwise, "scale", tensors, count: source.count, [.float(alpha)])
        } else {
            try map(
                .elementwise, "scale_add", tensors, count: source.count,
                [.float(alpha), .float(beta)])
        }
    }

    public func multiplyAdd(
        _ alpha: Float, _ left: Tensor, _ right: Tensor, _ beta: Float, into destination: Tensor
    ) throws {
        precondition(
            left.shape == right.shape && destination.shape == left.shape,
            "product of elements of \(left.shape) and \(right.shape) into \(destination.shape)")
        try map(
            .elementwise, "multiply_add", [left, right, destination], count: left.count,
            [.float(alpha), .float(beta)])
    }

    public func divideAdd(
        _ alpha: Float, _ numerator: Tensor, _ denominator: Tensor, epsilon: Float, _ beta: Float,
        into destination: Tensor
    ) throws {
        precondition(
            numerator.shape == denominator.shape && destination.shape == numerator.shape,
            """
            quotient of elements of \(numerator.shape) and \(denominator.shape) into \
            \(destination.shape)
            """)
        try map(
            .elementwise, "divide_add", [numerator, denominator, destination],
            count: numerator.count, [.float(alpha), .float(epsilon), .float(beta)])
    }

    public func squareRoot(_ input: Tensor, into output: Tensor) throws {
        precondition(
            input.shape == output.shape, "square root of \(input.shape) into \(output.shape)")
        try map(.elementwise, "square_root", [input, output], count: input.count)
    }

    public func signum(_ input: Tensor, into output: Tensor) throws {
        precondition(input.shape == output.shape, "sign of \(input.shape) into \(output.shape)")
        try map(.elementwise, "signum", [input, output], count: input.count)
    }

    public func sumRows(_ input: Tensor, into output: Tensor) throws {
        let (rows, channels) = (input.shape.rows, input.shape.channels)
        precondition(
            output.shape == [channels], "rows of \(input.shape) summed into \(output.shape)")
        let shape = launchShape(rows: rows, channels: channels, reducing: true)
        try withScratch([[shape.workGroups, channels]]) { scratch in
            try launch(
                .elementwise, "sum_rows", shape, [input, scratch[0]], rows: rows, channels,
                [shape.vectors])
            let final = launchShape(columnsOf: shape.workGroups, channels: channels)
            try launch(
                .elementwise, "sum_rows", final, [scratch[0], output], rows: shape.workGroups,
                channels,
                [final.vectors])
        }
    }

    public func scaleColumns(_ input: Tensor, by scale: Tensor, into output: Tensor) throws {
        precondition(
            input.shape == output.shape && scale.shape == [input.shape.channels],
            "columns of \(input.shape) by \(scale.shape) into \(output.shape)")
        try map(
            .elementwise, "scale_columns", [input, scale, output], count: input.count,
            [.int(scale.count)])
    }

    public func sumRowProducts(_ left: Tensor, _ right: Tensor, into output: Tensor) throws {
        precondition(
            left.shape == right.shape && output.shape == [left.shape.channels],
            "row products of \(left.shape) and \(right.shape) into \(output.shape)")
        try map(
            .elementwise, "sum_row_products", [left, right, output], count: output.count,
            [.int(left.shape.rows)])
    }

    public func dropout(
        _ input: Tensor, probability: Float, key: UInt64, into output: Tensor
    ) throws {
        precondition(input.shape == output.shape, "dropout of \(input.shape) into \(output.shape)")
        func half(_ bits: UInt64) -> KernelArgument {
            .int(Int(Int32(truncatingIfNeeded: bits)))
        }
        try map(
            .elementwise, "dropout", [input, output], count: input.count,
            [half(key >> 32), half(key), .float(probability), .float(1 / (1 - probability))])
    }

    /// The sums over the rows of each half of `partial`, `[2, rows, channels]`.
    func sumRowPairs(_ partial: Tensor, first: Tensor, second: Tensor) throws {
        let (rows, channels) = (partial.shape[1], partial.shape[2])
        let shape = launchShape(columnsOf: rows, channels: channels)
        try launch(
            .elementwise, "sum_row_pairs", shape, [partial, first, second], rows: rows, channels,
            [shape.vectors])
    }
}
