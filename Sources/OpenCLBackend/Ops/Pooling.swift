import Tensors

extension OpenCLBackend: PoolingOps {
    public func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) throws {
        checkMaxPool(input, geometry, output)
        let rows = geometry.outputShape.rows
        try launch(
            .pooling, "max_pool", launchShape(rows: rows, channels: geometry.channels),
            [input, output], rows: rows,
            geometry.channels, arguments(geometry))
    }

    public func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor
    ) throws {
        checkMaxPool(input, geometry, outputGradient)
        precondition(
            inputGradient.shape == input.shape,
            "max pool gradient of \(input.shape) into \(inputGradient.shape)")
        let tiles =
            geometry.batch * ceilingDivision(geometry.height, geometry.stride)
            * ceilingDivision(geometry.width, geometry.stride)
        try launch(
            .pooling, "max_pool_gradient", launchShape(rows: tiles, channels: geometry.channels),
            [outputGradient, input, inputGradient], rows: tiles, geometry.channels,
            arguments(geometry))
    }

    public func averagePool(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) throws {
        checkAveragePool(input, geometry, output)
        guard geometry.isSpatial else {
            return try poolFeatures(input, geometry, into: output)
        }
        let shape = launchShape(windowsOf: geometry)
        try launch(
            .pooling, "average_pool", shape, [input, output], rows: geometry.windows,
            geometry.channels, geometry.arguments + [shape.vectors])
    }

    public func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) throws {
        checkAveragePool(inputGradient, geometry, outputGradient)
        guard geometry.isSpatial else {
            return try poolFeaturesGradient(of: outputGradient, geometry, into: inputGradient)
        }
        let (windows, channels) = (geometry.windows, geometry.channels)
        let pixels = geometry.inputShape.rows
        try withScratch([[windows, channels]]) { scratch in
            try launch(
                .pooling, "window_gradients", launchShape(rows: windows, channels: channels),
                [outputGradient, scratch[0]], rows: windows, channels, geometry.arguments)
            try launch(
                .pooling, "average_pool_gradient", launchShape(rows: pixels, channels: channels),
                [scratch[0], inputGradient], rows: pixels, channels, geometry.arguments)
        }
    }

    /// Where both are equally long the pool is the identity.
    private func poolFeatures(
        _ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor
    ) throws {
        guard geometry.columns.length != geometry.size else {
            return try copy(input, into: output)
        }
        try map(
            .pooling, "average_pool_features", [input, output], count: output.count,
            [.int(geometry.columns.length), .int(geometry.size)])
    }

    private func poolFeaturesGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor
    ) throws {
        guard geometry.columns.length != geometry.size else {
            return try copy(outputGradient, into: inputGradient)
        }
        try map(
            .pooling, "average_pool_features_gradient", [outputGradient, inputGradient],
            count: inputGradient.count, [.int(geometry.columns.length), .int(geometry.size)])
    }

    private func arguments(_ geometry: MaxPoolGeometry) -> [KernelArgument] {
        [
            .int(geometry.height), .int(geometry.width), .int(geometry.outputHeight),
            .int(geometry.outputWidth), .int(geometry.window), .int(geometry.stride),
        ]
    }

    private func checkMaxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, _ output: Tensor) {
        precondition(
            input.shape == geometry.inputShape && output.shape == geometry.outputShape,
            """
            max pool of \(input.shape) to \(output.shape) does not fit \(geometry.inputShape), \
            \(geometry.outputShape)
            """)
    }

    func checkAveragePool(_ input: Tensor, _ geometry: AveragePoolGeometry, _ output: Tensor) {
        precondition(
            input.shape == geometry.inputShape && output.shape == geometry.outputShape,
            """
            average pool of \(input.shape) to \(output.shape) does not fit \
            \(geometry.inputShape), \(geometry.outputShape)
            """)
    }

    /// For kernels whose rows are the windows of `geometry`.
    func launchShape(windowsOf geometry: AveragePoolGeometry) -> LaunchShape {
        let window = geometry.rows[0].count * geometry.columns[0].count
        return launchShape(
            windows: geometry.windows, pixels: window, channels: geometry.channels)
    }
}

extension AveragePoolGeometry {
    /// Windows of all images.
    var windows: Int { batch * size * size }

    var arguments: [KernelArgument] {
        [.int(rows.length), .int(columns.length), .int(size)]
    }
}
