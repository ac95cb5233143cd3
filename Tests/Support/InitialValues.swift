import LocalLearning
import Randomness
import Tensors

/// The initial values of networks, each drawn once: VGG11 has 134 million of them, and all rules and
/// backends start from the same.
public final class InitialValues {
    /// In the order of the device.
    private var drawn: [ParameterDescription: [Float]] = [:]

    public init() {}

    public func set(_ network: Network) throws {
        for parameter in network.parameters {
            let values = drawn[parameter.description] ?? Self.draw(parameter.description)
            drawn[parameter.description] = values
            try network.backend.upload(values, to: parameter.value)
        }
    }

    private static func draw(_ parameter: ParameterDescription) -> [Float] {
        let count = parameter.shape.count
        let source = RandomSource(seed: 5, stream: parameter.name)
        let values =
            switch parameter.initial {
            case .constant(let value): [Float](repeating: value, count: count)
            case .uniform(let bound): source.uniforms(count).map { bound * (2 * $0 - 1) }
            case .positive(let bound): source.uniforms(count).map { bound * $0 }
            case .normal(let deviation): (0..<count).map { deviation * source.normal($0) }
            }
        return parameter.layout.fromFile(values, parameter.shape)
    }
}
