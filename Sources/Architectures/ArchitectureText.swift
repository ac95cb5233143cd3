import LocalLearning
import Tensors

extension Architecture {
    /// The text of a file that gives this architecture again.
    public var yaml: String {
        "name: \(quoted(name))\nstages:\n" + stages.map { "  - \($0.yaml)\n" }.joined()
    }

    /// A name between double quotes; YAML's escapes are JSON's.
    private func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}

extension Stage {
    fileprivate var yaml: String {
        switch self {
        case .maxPool: return "maxPool"
        case .dropout: return "dropout"
        case .averagePool(let size): return "averagePool: \(size)"
        case .block(let block):
            switch block.layers {
            case .convolutions(let layers):
                return "convolutions: {layers: \(list(layers)), pool: \(block.pool)}"
            case .residual(let layers, let shortcut):
                return "residual: {layers: \(list(layers)), shortcut: \(shortcut.yaml), "
                    + "pool: \(block.pool)}"
            case .linear(let linear):
                return "linear: {features: \(linear.features), bias: \(linear.hasBias), "
                    + "norm: \(linear.hasNorm)\(text(linear.activation)), pool: \(block.pool)}"
            }
        }
    }

    private func list(_ layers: [ConvolutionStage]) -> String {
        "[\(layers.map(\.yaml).joined(separator: ", "))]"
    }
}

extension Shortcut {
    fileprivate var yaml: String {
        switch self {
        case .automatic: "automatic"
        case .identity: "identity"
        case .convolution(let stage): stage.yaml
        }
    }
}

extension ConvolutionStage {
    fileprivate var yaml: String {
        "{\(channels.map { "channels: \($0), " } ?? "")kernel: \(kernel), stride: \(stride), "
            + "padding: \(padding), groups: \(groups.map(String.init) ?? "channels"), "
            + "bias: \(hasBias), norm: \(hasNorm)\(text(activation))}"
    }
}

/// With the comma before it; empty for the rule's own.
private func text(_ activation: Activation?) -> String {
    switch activation {
    case nil: ""
    case .identity: ", activation: identity"
    case .tanh: ", activation: tanh"
    case .leakyReLU(let slope): ", activation: leakyReLU(\(slope))"
    }
}
