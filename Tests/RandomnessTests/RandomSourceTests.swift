import Foundation
import Randomness
import Testing

@Suite struct RandomSourceTests {
    /// Computed in Python, with the same constants and nothing else in common.
    @Test func givesSplitMix64OfSeedNameAndCounter() {
        let counters = [0, 1, 2, 1_000_000]
        let cases: [(seed: UInt64, name: String, bits: [UInt64])] = [
            (
                0, "",
                [
                    0xc381_7c01_6ba4_ff30, 0x100c_daac_c0bc_9316, 0x54c3_a569_ecf6_1b1b,
                    0xa93b_d9c5_884e_6b46,
                ]
            ),
            (
                1, "conv_block1.block.conv.weight",
                [
                    0x4146_de81_0d01_0e0c, 0x4be9_d531_dc67_b036, 0xeed7_74fe_7bb0_d947,
                    0x9dbd_e2dc_77aa_c09a,
                ]
            ),
            (
                .max, "epoch order",
                [
                    0xff3e_31c5_4d36_a2b9, 0x59fb_9d48_0583_dcdc, 0xf39f_4e0d_f7eb_6e38,
                    0xd8e0_8c2d_db68_9b5d,
                ]
            ),
        ]
        for (seed, name, bits) in cases {
            let source = RandomSource(seed: seed, stream: name)
            #expect(counters.map { source.bits($0) } == bits, "\(seed) \(name)")
        }
        let nested = RandomSource(seed: 7, stream: "augmentation", 3, 59_999)
        #expect(
            [nested.bits(0), nested.bits(1)] == [0x49f0_212e_2f00_e0ac, 0x5eee_17b7_76d3_a9df])
    }

    @Test func uniformValuesFillTheUnitInterval() {
        let values = RandomSource(seed: 3, stream: "test").uniforms(100_000)
        #expect(
            values.allSatisfy { (0..<1).contains($0) && ($0 * 0x1p24).rounded() == $0 * 0x1p24 })
        var bins = [Int](repeating: 0, count: 100)
        for value in values { bins[Int(value * 100)] += 1 }
        let chiSquare = bins.reduce(0) { $0 + pow(Double($1) - 1000, 2) / 1000 }
        #expect(chiSquare < 148.2, "99 degrees of freedom: above this once in a thousand")
    }

    @Test func normalValuesHaveTheMomentsOfANormal() {
        let source = RandomSource(seed: 3, stream: "test")
        let count = 100_000
        let values = (0..<count).map { Double(source.normal($0)) }
        func moment(_ power: Int) -> Double {
            values.reduce(0) { $0 + pow($1, Double(power)) } / Double(count)
        }
        // Bounds are four standard deviations of each estimate.
        let deviation = 4 / Double(count).squareRoot()
        #expect(values.allSatisfy { $0.isFinite })
        #expect(abs(moment(1)) < deviation)
        #expect(abs(moment(2) - 1) < 2.0.squareRoot() * deviation)
        #expect(abs(moment(3)) < 15.0.squareRoot() * deviation)
        #expect(abs(moment(4) - 3) < 96.0.squareRoot() * deviation)
    }

    @Test func integersStayBelowTheirBound() {
        let source = RandomSource(seed: 3, stream: "test")
        for bound in [1, 2, 3, 9, 1 << 40] {
            let values = (0..<1000).map { source.integer(below: bound, $0) }
            #expect(values.allSatisfy { (0..<bound).contains($0) })
            #expect(Set(values).count >= min(bound, 999))
        }
    }

    /// Each of the 24 orders of 4 comes up about as often as the others.
    @Test func permutationsAreUniform() {
        var counts: [[Int32]: Int] = [:]
        for index in 0..<24_000 {
            counts[RandomSource(seed: 3, stream: "test", index).permutation(4), default: 0] += 1
        }
        #expect(counts.count == 24)
        let chiSquare = counts.values.reduce(0) { $0 + pow(Double($1) - 1000, 2) / 1000 }
        #expect(chiSquare < 49.8, "23 degrees of freedom: above this once in a thousand")
        for count in [0, 1, 2, 1000] {
            let order = RandomSource(seed: 3, stream: "test").permutation(count)
            #expect(order.sorted() == (0..<count).map { Int32($0) })
        }
    }
}
