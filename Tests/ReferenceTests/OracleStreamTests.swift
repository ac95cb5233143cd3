import Testing
import Verification

/// The streams against those of `Tests/Fixtures/lls_oracle.py`, bit for bit.
struct OracleStreamTests {
    struct Stream: Sendable {
        let seed: UInt64
        let name: String
        /// Elements 0…3 and 99 999, and the sum of the first 100 000, in units of 2⁻²⁴.
        let head: [Int]
        let last, sum: Int
    }

    /// Printed by the oracle's `stream(seed, name, 100000)`.
    static let streams = [
        Stream(
            seed: 0, name: "input.0", head: [13_802_038, 9_287_968, 9_923_177, 4_850_094],
            last: 641_667, sum: 837_434_514_969),
        Stream(
            seed: 7, name: "conv_block1.block.conv.weight",
            head: [12_233_894, 2_114_248, 9_725_867, 4_824_737], last: 118_209,
            sum: 838_622_684_611),
        Stream(
            seed: (1 << 63) + 5, name: "größe",
            head: [12_118_138, 13_297_861, 4_991_966, 9_921_039], last: 4_126_355,
            sum: 838_816_340_598),
    ]

    @Test(arguments: streams)
    func uniformEqualsTheOracle(stream: Stream) {
        let source = OracleStream(seed: stream.seed, name: stream.name)
        let values = source.uniforms(100_000).map { Int($0 * 0x1p24) }
        #expect(Array(values.prefix(4)) == stream.head)
        #expect(values.last == stream.last)
        #expect(values.reduce(0, +) == stream.sum)
        #expect(source.uniform(99_999) == Float(stream.last) * 0x1p-24)
    }
}
