import Tensors

extension OperationCatalog {
    /// The convolutions that Winograd's filtering can compute, by each of its tiles.
    static func winograd(_ size: Size) -> [OperationCase] {
        [(ConvolutionAlgorithm.winograd2, 2), (.winograd4, 4)].flatMap { algorithm, extent in
            winogradGeometries(size).flatMap { geometry in
                [
                    forward(geometry, algorithm, extent),
                    weightGradient(geometry, algorithm, extent),
                    inputGradient(geometry, algorithm, extent),
                ]
            }
        }
    }

    private static func forward(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, _ extent: Int
    ) -> OperationCase {
        OperationCase("convolution/forward", "\(geometry.summary), \(algorithm)") {
            [
                .source("input", geometry.inputShape), .source("weights", geometry.weightShape),
                .source("bias", [geometry.outputChannels]), .result("output", geometry.outputShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(algorithm) {
                try backend.convolve(
                    t.input, t.weights, bias: t.bias, geometry, into: t.output)
            }
        } bounds: { data in
            let bounds = WinogradError(extent: extent).forward(
                data.before.input.map(abs), data.before.weights.map(abs), geometry)
            // The bias is added last, and rounds with the result.
            return [
                "output": zip(bounds, data.after.output).map {
                    $0 + 2 * Rounding.unitRoundoff * abs($1)
                }
            ]
        }
    }

    private static func weightGradient(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, _ extent: Int
    ) -> OperationCase {
        OperationCase("convolution/weight gradient", "\(geometry.summary), \(algorithm)") {
            [
                .source("input", geometry.inputShape),
                .source("outputGradient", geometry.outputShape),
                .result("weightGradient", geometry.weightShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(algorithm) {
                try backend.convolutionWeightGradient(
                    t.input, of: t.outputGradient, geometry, into: t.weightGradient)
            }
        } bounds: { data in
            [
                "weightGradient": WinogradError(extent: extent).weightGradient(
                    data.before.input.map(abs), data.before.outputGradient.map(abs),
                    geometry)
            ]
        }
    }

    private static func inputGradient(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, _ extent: Int
    ) -> OperationCase {
        OperationCase("convolution/input gradient", "\(geometry.summary), \(algorithm)") {
            [
                .source("outputGradient", geometry.outputShape),
                .source("weights", geometry.weightShape),
                .result("inputGradient", geometry.inputShape),
            ]
        } body: { backend, t in
            try backend.withConvolutionAlgorithm(algorithm) {
                try backend.convolutionInputGradient(
                    of: t.outputGradient, t.weights, geometry, into: t.inputGradient)
            }
        } bounds: { data in
            // A convolution of the output's gradient with the weights turned round.
            let reversed = ConvolutionGeometry(
                batch: geometry.batch, height: geometry.outputHeight, width: geometry.outputWidth,
                inputChannels: geometry.outputChannels, outputChannels: geometry.inputChannels,
                padding: 2 - geometry.padding)
            let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
            let weights = data.before.weights.map(abs)
            let turned = (0..<9 * inputs * outputs).map { index in
                let (tap, output) = (8 - index / inputs / outputs, index / inputs % outputs)
                return weights[(tap * inputs + index % inputs) * outputs + output]
            }
            return [
                "inputGradient": WinogradError(extent: extent).forward(
                    data.before.outputGradient.map(abs), turned, reversed)
            ]
        }
    }

    /// Images on both sides of a tile and of several, odd ones, few and many channels, all paddings.
    private static func winogradGeometries(_ size: Size) -> [ConvolutionGeometry] {
        typealias G = ConvolutionGeometry
        let small = [
            G(batch: 1, height: 1, width: 1, inputChannels: 1, outputChannels: 1),
            G(batch: 2, height: 5, width: 7, inputChannels: 3, outputChannels: 9),
            G(batch: 1, height: 4, width: 8, inputChannels: 8, outputChannels: 4),
        ]
        guard size == .full else { return small }
        let images = [1, 2, 3, 4, 5, 7, 8, 9, 13].flatMap { extent in
            [
                G(
                    batch: 2, height: extent, width: extent, inputChannels: 5, outputChannels: 7),
                G(batch: 1, height: extent, width: 6, inputChannels: 4, outputChannels: 8),
            ]
        }
        let paddings = [0, 2].flatMap { padding in
            [5, 6, 8].map { extent in
                G(
                    batch: 1, height: extent, width: 7, inputChannels: 3, outputChannels: 18,
                    padding: padding)
            }
        }
        let channels = [1, 15, 16, 17, 31, 33, 64, 65, 129].flatMap { count in
            [
                G(batch: 1, height: 5, width: 4, inputChannels: count, outputChannels: 6),
                G(batch: 1, height: 4, width: 6, inputChannels: 6, outputChannels: count),
            ]
        }
        let many = [
            G(batch: 2, height: 16, width: 16, inputChannels: 64, outputChannels: 96),
            G(batch: 9, height: 9, width: 11, inputChannels: 33, outputChannels: 35),
            G(batch: 64, height: 8, width: 8, inputChannels: 32, outputChannels: 32),
        ]
        return small + images + paddings + channels + many
    }
}
