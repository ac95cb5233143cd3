import FileFormats
import Foundation
import LocalLearning
import Tensors

/// Layers: an affine map, the batch norm behind it and the activation.
extension GraphBuilder {
    /// - Throws: `FileError` for weights that no network has.
    mutating func append(_ layer: LayerDescription) throws(FileError) {
        var weight = try values(layer.weight)
        var bias: [Float]? = nil
        if let parameter = layer.bias { bias = try values(parameter) }
        var norm: NormValues?
        if let description = layer.norm {
            let values = try normValues(description)
            if options.foldsBatchNorm {
                (weight, bias) = try folded(weight, bias, values, layer)
            } else {
                norm = values
            }
        }
        map(layer, weight, bias)
        if let norm { append(norm) }
        activate(layer.activation, layer.name + ".activation")
    }

    private func values(_ parameter: ParameterDescription) throws(FileError) -> [Float] {
        try network.values(of: parameter, in: weights)
    }

    // MARK: Maps

    private mutating func map(_ layer: LayerDescription, _ weight: [Float], _ bias: [Float]?) {
        let shape = layer.weight.fileShape.dimensions
        var constants = [add(weight, shape, as: layer.name + ".weight")]
        if let bias { constants.append(add(bias, [shape[0]], as: layer.name + ".bias")) }
        switch layer.map {
        case .linear:
            add("Gemm", layer.name, reading: constants, [.int("transB", 1)])
        case .convolution(let geometry):
            add(
                "Conv", layer.name, reading: constants,
                [
                    .ints("kernel_shape", [geometry.kernelHeight, geometry.kernelWidth]),
                    .ints("strides", [geometry.stride, geometry.stride]),
                    .ints("pads", [Int](repeating: geometry.padding, count: 4)),
                    .int("group", geometry.groups),
                ])
        }
    }

    // MARK: Batch norm

    /// `[channels]` each.
    private struct NormValues {
        let name: String
        let scale, shift, mean, variance: [Float]
    }

    private func normValues(_ norm: NormDescription) throws(FileError) -> NormValues {
        let variance = try values(norm.runningVariance)
        guard variance.allSatisfy({ $0 >= 0 }) else {
            throw wrong(norm.runningVariance, "a variance is negative")
        }
        return NormValues(
            name: norm.name, scale: try values(norm.scale), shift: try values(norm.shift),
            mean: try values(norm.runningMean), variance: variance)
    }

    private func wrong(_ parameter: ParameterDescription, _ reason: String) -> FileError {
        .malformed(
            weights.path, field: "tensor '\(network.fileName(of: parameter))'", offset: 8, reason)
    }

    private mutating func append(_ norm: NormValues) {
        let shape = [norm.scale.count]
        add(
            "BatchNormalization", norm.name,
            reading: [
                add(norm.scale, shape, as: norm.name + ".weight"),
                add(norm.shift, shape, as: norm.name + ".bias"),
                add(norm.mean, shape, as: norm.name + ".running_mean"),
                add(norm.variance, shape, as: norm.name + ".running_var"),
            ],
            [.float("epsilon", BatchNormParameters.usualEpsilon)])
    }

    /// The map that does what the map and the batch norm do: `γ (W x + b - μ) / √(σ² + ε) + β`, with
    /// every output channel's row of `W`, and `b`, multiplied. Computed in Double.
    private func folded(
        _ weight: [Float], _ bias: [Float]?, _ norm: NormValues, _ layer: LayerDescription
    ) throws(FileError) -> (weight: [Float], bias: [Float]) {
        let epsilon = Double(BatchNormParameters.usualEpsilon)
        let factors = zip(norm.scale, norm.variance).map { scale, variance in
            Double(scale) / (Double(variance) + epsilon).squareRoot()
        }
        let row = weight.count / factors.count
        var (folded, shifts) = (weight, norm.shift)
        for (channel, factor) in factors.enumerated() {
            for index in (channel * row)..<((channel + 1) * row) {
                folded[index] = Float(Double(weight[index]) * factor)
            }
            let offset = Double(bias?[channel] ?? 0) - Double(norm.mean[channel])
            shifts[channel] = Float(offset * factor + Double(norm.shift[channel]))
        }
        guard folded.allSatisfy(\.isFinite), shifts.allSatisfy(\.isFinite) else {
            throw wrong(layer.weight, "it is too large to be multiplied by its batch norm")
        }
        return (folded, shifts)
    }
}
