import LocalLearning
import Randomness

/// The oracle's `stream(seed, name)`, of which its golden cases were made.
///
/// SplitMix64 of `seed · γ + hash(name)`. Neighbouring seeds give one sequence shifted by one, so
/// training must not use it; the cases need no more than values that both sides can make.
package struct OracleStream: Sendable {
    private let source: RandomSource

    /// The oracle's `stream(seed, name)`.
    package init(seed: UInt64, name: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        source = RandomSource(key: seed &* 0x9E37_79B9_7F4A_7C15 &+ hash)
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴.
    package func uniform(_ counter: Int) -> Float { source.uniform(counter) }

    /// `count` values uniform in [0, 1).
    package func uniforms(_ count: Int) -> [Float] { source.uniforms(count) }
}

extension OracleStream {
    /// The values that the oracle's `fill()` gives a tensor before the first step, in file order.
    static func initialValue(_ parameter: ParameterDescription, seed: UInt64) -> [Float] {
        let (name, shape) = (parameter.name, parameter.fileShape)
        let uniform = OracleStream(seed: seed, name: name).uniforms(shape.count)
        let leaf = name.split(separator: ".").last ?? ""
        switch (leaf, parameter.initial) {
        case ("running_mean", _): return uniform.map { _ in 0 }
        case ("running_var", _): return uniform.map { _ in 1 }
        case ("weight", .constant): return uniform.map { 0.5 + $0 }
        case ("bias", .constant): return uniform.map { 0.2 * ($0 - 0.5) }
        case (_, .positive(let bound)): return uniform.map { bound * $0 }
        case (_, .uniform(let bound)): return uniform.map { bound * (2 * $0 - 1) }
        case _ where shape.rank == 2 && shape[1] >= 256: return uniform.map { 0.1 * (2 * $0 - 1) }
        default: return uniform.map { 0.5 + $0 }
        }
    }
}
