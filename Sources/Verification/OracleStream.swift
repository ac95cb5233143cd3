import LocalLearning
import Randomness

/// The values that the oracle's `fill()` gives a tensor before the first step, in file order.
enum OracleStream {
    static func initialValue(_ parameter: ParameterDescription, seed: UInt64) -> [Float] {
        let (name, shape) = (parameter.name, parameter.fileShape)
        let uniform = RandomSource(seed: seed, stream: name).uniforms(shape.count)
        let leaf = name.split(separator: ".").last ?? ""
        switch (leaf, parameter.initial) {
        case ("running_mean", _): return uniform.map { _ in 0 }
        case ("running_var", _): return uniform.map { _ in 1 }
        case ("weight", .constant): return uniform.map { 0.5 + $0 }
        case ("bias", .constant): return uniform.map { 0.2 * ($0 - 0.5) }
        case (_, .uniform(let bound)): return uniform.map { bound * (2 * $0 - 1) }
        case _ where shape.rank == 2 && shape[1] >= 256: return uniform.map { 0.1 * (2 * $0 - 1) }
        default: return uniform.map { 0.5 + $0 }
        }
    }
}
