import Tensors

/// Convolutions in groups. Those that are not depthwise have plain kernels, which compute one element
/// after the other.
extension OpenCLBackend {
    func convolveGroups(
        _ input: Tensor, _ weights: Tensor, _ bias: Tensor, _ geometry: ConvolutionGeometry,
        into output: Tensor
    ) throws {
        if geometry.isDepthwise {
            try convolveDepthwise(
                input, weights, bias, ConvolutionPass(forward: geometry), into: output)
            return
        }
        try launchGrouped(
            "convolve", [input, weights, bias, output],
            geometry.extents(pixels: geometry.outputPixels) + [
                geometry.kernelHeight, geometry.kernelWidth, geometry.stride, geometry.padding,
            ], items: [geometry.outputChannels, min(geometry.outputPixels, maxAxis)])
    }

    func groupedInputGradient(
        _ outputGradient: Tensor, _ weights: Tensor, _ geometry: ConvolutionGeometry,
        into inputGradient: Tensor
    ) throws {
        if geometry.isDepthwise {
            try convolveDepthwise(
                outputGradient, weights, try zeros(count: geometry.inputChannels),
                ConvolutionPass(inputGradientOf: geometry), into: inputGradient)
            return
        }
        let pixels = geometry.batch * geometry.height * geometry.width
        try launchGrouped(
            "input_gradient", [outputGradient, weights, inputGradient],
            geometry.extents(pixels: pixels) + [
                geometry.kernelHeight, geometry.kernelWidth, geometry.stride, geometry.padding,
            ], items: [geometry.inputChannels, min(pixels, maxAxis)])
    }

    func groupedWeightGradient(
        _ input: Tensor, _ outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        if geometry.isDepthwise {
            try depthwiseWeightGradient(input, outputGradient, geometry, into: weightGradient)
            return
        }
        let pixels = geometry.outputPixels
        let perSplit = max(512, ceilingDivision(pixels, 4 * traits.computeUnits))
        let splits = ceilingDivision(pixels, perSplit)
        let rows = geometry.taps * geometry.inputChannels / geometry.groups
        let zeros = try zeros(count: geometry.outputChannels)
        try withScratch([[splits, weightGradient.count]]) { partials in
            try launchGrouped(
                "weight_gradient", [input, outputGradient, partials[0]],
                geometry.extents(pixels: pixels) + [
                    geometry.kernelWidth, geometry.stride, geometry.padding, perSplit,
                    geometry.taps,
                ], items: [geometry.outputChannels, rows, splits])
            try addPartials(
                partials[0], splits: splits, rows: rows, bias: zeros, into: weightGradient)
        }
    }
}

/// Depthwise convolutions, vector by vector of channels.
extension OpenCLBackend {
    private func convolveDepthwise(
        _ source: Tensor, _ weights: Tensor, _ bias: Tensor, _ pass: ConvolutionPass,
        into target: Tensor
    ) throws {
        let rows = pass.batch * pass.outputHeight
        try launchGrouped(
            "depthwise", [source, weights, bias, target],
            [
                pass.height, pass.width, pass.channels, pass.outputHeight, pass.outputWidth, rows,
                pass.stride, pass.divisor, pass.paddingY, pass.paddingX,
                pass.flipsWeights ? 1 : 0,
            ],
            defines: depthwiseDefines(weights.shape, divides: pass.divisor > 1),
            items: [
                ceilingDivision(pass.channels, lanes),
                min(rows, engine == .register ? 8 * traits.computeUnits : maxAxis),
            ])
    }

    private func depthwiseWeightGradient(
        _ input: Tensor, _ outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        let (rows, channels) = (geometry.batch * geometry.outputHeight, geometry.inputChannels)
        let blocks = ceilingDivision(channels, lanes)
        // A GPU wants many work-items, a processor long runs; partial sums are small.
        let wanted =
            engine == .register
            ? 8 * traits.computeUnits : max(1024 * traits.computeUnits / blocks, 1)
        let affordable = max(16_777_216 / weightGradient.count, 1)
        let perSplit = ceilingDivision(rows, min(wanted, affordable, rows, maxAxis))
        let splits = ceilingDivision(rows, perSplit)
        let zeros = try zeros(count: channels)
        try withScratch([[splits, weightGradient.count]]) { partials in
            try launchGrouped(
                "depthwise_weight_gradient", [input, outputGradient, partials[0]],
                [
                    geometry.height, geometry.width, channels, geometry.outputHeight,
                    geometry.outputWidth, rows, geometry.stride, geometry.padding, perSplit,
                ],
                defines: depthwiseDefines(weightGradient.shape, divides: false),
                items: [blocks, splits])
            try addPartials(
                partials[0], splits: splits, rows: geometry.taps, bias: zeros,
                into: weightGradient)
        }
    }

    /// Channels that a work-item of the depthwise kernels holds.
    private var lanes: Int { engine == .register ? 16 : 4 }

    private func depthwiseDefines(_ weights: Shape, divides: Bool) -> [KernelDefine] {
        [
            KernelDefine("KERNEL_HEIGHT", weights[0]), KernelDefine("KERNEL_WIDTH", weights[1]),
            KernelDefine("DIVIDES", divides ? 1 : 0),
            KernelDefine("WHOLE", weights.channels % lanes == 0 ? 1 : 0),
        ]
    }

    /// One work-item for each of `items`, the first axis rounded up to whole groups.
    private func launchGrouped(
        _ kernel: String, _ tensors: [Tensor], _ numbers: [Int],
        defines: [KernelDefine] = [KernelDefine("WHOLE", 0)], items: [Int]
    ) throws {
        let group = engine == .register ? 1 : min(64, traits.maxWorkGroupSize)
        var (global, local) = (items, items.map { _ in 1 })
        local[0] = group
        global[0] = ceilingDivision(items[0], group) * group
        try launch(
            .convolutionGrouped, kernel, defines: [KernelDefine("LANES", lanes)] + defines,
            tensors.map { .tensor($0) } + numbers.map { .int($0) }, global: global, local: local)
    }
}

extension ConvolutionGeometry {
    /// The first arguments of the plain kernels.
    fileprivate func extents(pixels: Int) -> [Int] {
        [
            height, width, outputHeight, outputWidth, pixels, groups, inputChannels / groups,
            outputChannels / groups,
        ]
    }
}
