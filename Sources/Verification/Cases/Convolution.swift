import Tensors

extension OperationCatalog {
    static func convolution(_ size: Size) -> [OperationCase] {
        geometries(size).flatMap { geometry in
            [
                forward(geometry, hasBias: true), forward(geometry, hasBias: false),
                weightGradient(geometry), inputGradient(geometry),
            ]
        } + winograd(size)
    }

    private static func forward(_ geometry: ConvolutionGeometry, hasBias: Bool) -> OperationCase {
        OperationCase("convolution/forward", "\(geometry.summary)\(hasBias ? ", bias" : "")") {
            [
                .source("input", geometry.inputShape), .source("weights", geometry.weightShape),
                .source("bias", [geometry.outputChannels]), .result("output", geometry.outputShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(.direct) {
                try backend.convolve(
                    t.input, t.weights, bias: hasBias ? t.bias : nil, geometry, into: t.output)
            }
        } bounds: { data in
            let length = geometry.taps * geometry.inputChannels / geometry.groups
            return ["output": try data.sums("output", length: length + 1)]
        }
    }

    private static func weightGradient(_ geometry: ConvolutionGeometry) -> OperationCase {
        OperationCase("convolution/weight gradient", geometry.summary) {
            [
                .source("input", geometry.inputShape),
                .source("outputGradient", geometry.outputShape),
                .result("weightGradient", geometry.weightShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(.direct) {
                try backend.convolutionWeightGradient(
                    t.input, of: t.outputGradient, geometry, into: t.weightGradient)
            }
        } bounds: { data in
            let length = geometry.outputPixels
            return ["weightGradient": try data.sums("weightGradient", length: length)]
        }
    }

    private static func inputGradient(_ geometry: ConvolutionGeometry) -> OperationCase {
        OperationCase("convolution/input gradient", geometry.summary) {
            [
                .source("outputGradient", geometry.outputShape),
                .source("weights", geometry.weightShape),
                .result("inputGradient", geometry.inputShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(.direct) {
                try backend.convolutionInputGradient(
                    of: t.outputGradient, t.weights, geometry, into: t.inputGradient)
            }
        } bounds: { data in
            let length = geometry.taps * geometry.outputChannels / geometry.groups
            return ["inputGradient": try data.sums("inputGradient", length: length)]
        }
    }

    private static func geometries(_ size: Size) -> [ConvolutionGeometry] {
        typealias G = ConvolutionGeometry
        let small = [
            G(batch: 1, height: 1, width: 1, inputChannels: 1, outputChannels: 1),
            G(batch: 2, height: 5, width: 7, inputChannels: 3, outputChannels: 9),
            G(
                batch: 1, height: 5, width: 4, inputChannels: 3, outputChannels: 5, stride: 2,
                padding: 2),
            G(
                batch: 2, height: 3, width: 3, inputChannels: 4, outputChannels: 5, kernelHeight: 1,
                kernelWidth: 1, padding: 0),
            G(
                batch: 1, height: 7, width: 5, inputChannels: 2, outputChannels: 3, kernelHeight: 5,
                kernelWidth: 3, padding: 2),
            G(batch: 2, height: 4, width: 5, inputChannels: 4, outputChannels: 6, groups: 2),
            G(
                batch: 2, height: 5, width: 5, inputChannels: 5, outputChannels: 5, stride: 2,
                padding: 2, groups: 5),
            G(batch: 1, height: 3, width: 4, inputChannels: 3, outputChannels: 3, groups: 3),
        ]
        guard size == .full else { return small }

        let edges = extents(size)
        let widths = edges.map {
            G(batch: 1, height: 3, width: $0, inputChannels: 3, outputChannels: 8)
        }
        let channels = edges.flatMap {
            [
                G(batch: 2, height: 3, width: 5, inputChannels: $0, outputChannels: 17),
                G(batch: 1, height: 4, width: 7, inputChannels: 3, outputChannels: $0),
                G(
                    batch: 1, height: 3, width: 5, inputChannels: $0, outputChannels: $0, stride: 1,
                    groups: $0),
            ]
        }
        let pointwise = [(1, 3), (17, 33), (32, 64), (64, 65), (33, 32)].map {
            G(
                batch: 3, height: 5, width: 7, inputChannels: $0, outputChannels: $1,
                kernelHeight: 1, kernelWidth: 1, padding: 0)
        }
        let kernels = [(1, 1), (3, 3), (5, 3), (1, 5), (7, 7)].flatMap { kernel in
            [1, 2, 3].flatMap { stride in
                [0, 1, 2].map { padding in
                    G(
                        batch: 2, height: 8, width: 9, inputChannels: 3, outputChannels: 10,
                        kernelHeight: kernel.0, kernelWidth: kernel.1, stride: stride,
                        padding: padding)
                }
            }
        }
        let groups = [(4, 6, 2), (32, 64, 2), (34, 66, 2), (12, 24, 3), (16, 32, 16)].flatMap {
            channels in
            [(1, 1), (2, 2), (2, 1)].map { stride, padding in
                G(
                    batch: 2, height: 7, width: 6, inputChannels: channels.0,
                    outputChannels: channels.1, stride: stride, padding: padding,
                    groups: channels.2)
            }
        }
        let depthwise = [1, 3, 17, 32, 33, 64, 130].flatMap { channels in
            [(1, 1), (2, 2), (2, 1), (1, 0)].map { stride, padding in
                G(
                    batch: 2, height: 9, width: 8, inputChannels: channels,
                    outputChannels: channels, stride: stride, padding: padding, groups: channels)
            }
        }
        let many = [
            G(batch: 8, height: 28, width: 28, inputChannels: 1, outputChannels: 32),
            G(batch: 2, height: 32, width: 32, inputChannels: 3, outputChannels: 64),
            G(batch: 4, height: 14, width: 14, inputChannels: 32, outputChannels: 64),
            G(batch: 2, height: 16, width: 16, inputChannels: 64, outputChannels: 128),
            G(batch: 33, height: 2, width: 2, inputChannels: 64, outputChannels: 65),
            G(
                batch: 2, height: 33, width: 31, inputChannels: 17, outputChannels: 33, stride: 2,
                padding: 2),
            G(
                batch: 3, height: 16, width: 17, inputChannels: 65, outputChannels: 130,
                kernelHeight: 1, kernelWidth: 1, padding: 0),
            G(
                batch: 4, height: 32, width: 32, inputChannels: 64, outputChannels: 64, stride: 2,
                padding: 2, groups: 64),
        ]
        return small + widths + channels + pointwise + kernels + groups + depthwise + many
    }
}

extension ConvolutionGeometry {
    fileprivate var taps: Int { kernelHeight * kernelWidth }

    var summary: String {
        """
        \(batch)×\(height)×\(width)×\(inputChannels) → \(outputChannels), kernel \
        \(kernelHeight)×\(kernelWidth), stride \(stride), padding \(padding), \
        \(groups) \(groups == 1 ? "group" : "groups")
        """
    }
}
