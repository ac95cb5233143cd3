import Tensors

/// Convolutions in groups: depthwise ones vector by vector of channels, others plainly.
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
            "convolve", [input, weights, bias, output], geometry,
            [
                geometry.outputPixels, geometry.groups, geometry.channelsPerGroup,
                geometry.outputsPerGroup, geometry.kernelHeight, geometry.kernelWidth,
                geometry.stride, geometry.padding,
            ], items: [geometry.outputChannels, min(geometry.outputPixels, longestAxis)])
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
            "input_gradient", [outputGradient, weights, inputGradient], geometry,
            [
                pixels, geometry.groups, geometry.channelsPerGroup, geometry.outputsPerGroup,
                geometry.kernelHeight, geometry.kernelWidth, geometry.stride, geometry.padding,
            ], items: [geometry.inputChannels, min(pixels, longestAxis)])
    }

    func groupedWeightGradient(
        _ input: Tensor, _ outputGradient: Tensor, _ geometry: ConvolutionGeometry,
        into weightGradient: Tensor
    ) throws {
        let isDepthwise = geometry.isDepthwise
        // Depthwise kernels walk rows of images, the others pixels.
        let units = isDepthwise ? geometry.batch * geometry.outputHeight : geometry.outputPixels
        let perGroup = isDepthwise ? max(512 / geometry.outputWidth, 1) : 512
        let perSplit = max(perGroup, ceilingDivision(units, 4 * traits.computeUnits))
        let splits = ceilingDivision(units, perSplit)
        let rows = geometry.taps * geometry.channelsPerGroup
        let zeros = try zeros(count: geometry.outputChannels)
        try withScratch([[splits, weightGradient.count]]) { partials in
            if isDepthwise {
                try launchGrouped(
                    "depthwise_weight_gradient", [input, outputGradient, partials[0]], geometry,
                    channels: geometry.inputChannels,
                    [
                        units, geometry.kernelWidth, geometry.taps, geometry.stride,
                        geometry.padding, perSplit,
                    ],
                    items: [ceilingDivision(geometry.inputChannels, lanes), rows, splits])
            } else {
                try launchGrouped(
                    "weight_gradient", [input, outputGradient, partials[0]], geometry,
                    [
                        units, geometry.groups, geometry.channelsPerGroup,
                        geometry.outputsPerGroup, geometry.kernelWidth, geometry.stride,
                        geometry.padding, perSplit, geometry.taps,
                    ], items: [geometry.outputChannels, rows, splits])
            }
            try addPartials(
                partials[0], splits: splits, rows: rows, bias: zeros, into: weightGradient)
        }
    }

    private func convolveDepthwise(
        _ source: Tensor, _ weights: Tensor, _ bias: Tensor, _ pass: ConvolutionPass,
        into target: Tensor
    ) throws {
        let rows = pass.batch * pass.outputHeight
        let numbers = [
            pass.height, pass.width, pass.channels, pass.outputHeight, pass.outputWidth, rows,
            pass.kernelHeight, pass.kernelWidth, pass.stride, pass.divisor, pass.paddingY,
            pass.paddingX, pass.turnsWeights ? 1 : 0,
        ]
        try launchItems(
            "depthwise", [source, weights, bias, target], numbers,
            items: [ceilingDivision(pass.channels, lanes), min(rows, longestAxis)])
    }

    /// Channels that a work-item of the depthwise kernels holds.
    private var lanes: Int { engine == .register ? 16 : 4 }

    private func launchGrouped(
        _ kernel: String, _ tensors: [Tensor], _ geometry: ConvolutionGeometry,
        channels: Int? = nil, _ numbers: [Int], items: [Int]
    ) throws {
        let extents =
            [geometry.height, geometry.width] + (channels.map { [$0] } ?? [])
            + [geometry.outputHeight, geometry.outputWidth]
        try launchItems(kernel, tensors, extents + numbers, items: items)
    }

    /// One work-item for each of `items`, the first axis rounded up to whole groups.
    private func launchItems(
        _ kernel: String, _ tensors: [Tensor], _ numbers: [Int], items: [Int]
    ) throws {
        let group = engine == .register ? 1 : min(64, traits.maxWorkGroupSize)
        var (global, local) = (items, items.map { _ in 1 })
        local[0] = group
        global[0] = ceilingDivision(items[0], group) * group
        try launch(
            .convolutionGrouped, kernel, defines: [KernelDefine("LANES", lanes)],
            tensors.map { .tensor($0) } + numbers.map { .int($0) }, global: global, local: local)
    }
}

extension ConvolutionGeometry {
    fileprivate var channelsPerGroup: Int { inputChannels / groups }
    fileprivate var outputsPerGroup: Int { outputChannels / groups }
}
