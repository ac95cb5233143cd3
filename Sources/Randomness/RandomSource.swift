import Foundation

/// Random numbers that are a function of a key and a counter alone: there is no state to save, and
/// neither thread count nor a resumed run changes them.
///
/// SplitMix64 (Steele, Lea & Flood 2014): the `counter`-th value is `mix(key + (counter + 1) · γ)`.
/// All keys read one long sequence, so a key must never differ from another by a small multiple of
/// γ. Seed, name and indices are therefore mixed into it, one after the other.
public struct RandomSource: Sendable {
    /// What tells this stream from all others.
    public let key: UInt64
    private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// The stream `name` of a seed: every tensor and every purpose has a stream of its own.
    public init(seed: UInt64, stream name: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        key = Self.mix(Self.mix(seed &+ Self.golden) ^ hash)
    }

    /// The stream of one element of a larger whole: of a sample in an epoch, say.
    public init(seed: UInt64, stream name: String, _ indices: Int...) {
        var source = RandomSource(seed: seed, stream: name)
        for index in indices { source = RandomSource(key: source.bits(index)) }
        self = source
    }

    public init(key: UInt64) { self.key = key }

    /// 64 random bits.
    public func bits(_ counter: Int) -> UInt64 {
        Self.mix(key &+ (UInt64(bitPattern: Int64(counter)) &+ 1) &* Self.golden)
    }

    /// Stafford's variant 13 of MurmurHash3's finaliser: a bijection whose every output bit depends
    /// on every input bit.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴.
    public func uniform(_ counter: Int) -> Float { Float(bits(counter) >> 40) * 0x1p-24 }

    /// `count` values uniform in [0, 1).
    public func uniforms(_ count: Int) -> [Float] { (0..<count).map(uniform) }

    /// Standard normal, by Box and Muller.
    public func normal(_ counter: Int) -> Float {
        let radius = (-2 * log(Double(1 - uniform(2 * counter)))).squareRoot()
        return Float(radius * cos(2 * .pi * Double(uniform(2 * counter + 1))))
    }

    /// An integer in `0..<bound`.
    public func integer(below bound: Int, _ counter: Int) -> Int {
        Int(bits(counter).multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A random order of `0..<count`, by Fisher and Yates.
    public func permutation(_ count: Int) -> [Int32] {
        var order = (0..<Int32(count)).map { $0 }
        guard count > 1 else { return order }
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, integer(below: last + 1, last))
        }
        return order
    }
}
