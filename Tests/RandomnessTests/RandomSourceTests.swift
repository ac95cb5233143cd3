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
                    0x0d72_93fe_83b1_a2bc, 0x764e_de80_904b_ee69, 0xd63b_152c_4e53_72cd,
                    0xe63e_7228_7433_4afc,
                ]
            ),
            (
                1, "conv_block1.block.conv.weight",
                [
                    0x91fa_55fd_3851_a456, 0xab9e_8583_7531_fb1e, 0x3789_e01e_5453_883f,
                    0xc5cc_d011_624a_dce8,
                ]
            ),
            (
                .max, "epoch order",
                [
                    0x6122_dd5a_9689_6e04, 0x3069_ed08_c6a7_0863, 0xe5dc_92d0_5a6c_fb7f,
                    0xaec6_0cc6_b779_5b14,
                ]
            ),
        ]
        for (seed, name, bits) in cases {
            let source = RandomSource(seed: seed, stream: name)
            #expect(counters.map { source.bits($0) } == bits, "\(seed) \(name)")
        }
        let nested = RandomSource(seed: 7, stream: "augmentation", 3, 59_999)
        #expect(
            [nested.bits(0), nested.bits(1)] == [0xc0fe_f5db_7c81_76a3, 0x4554_86a1_f59f_aa3f])
    }

    /// Sequences that share no value are not shifted copies of each other, by any shift.
    @Test func noTwoOfManyStreamsShareAValue() {
        var values = Set<UInt64>(minimumCapacity: 2_200_000)
        var count = 0
        for seed in UInt64(0)..<100 {
            for stream in 0..<10 {
                for source in [
                    RandomSource(seed: seed, stream: "stream \(stream)"),
                    RandomSource(seed: seed, stream: "epoch order", stream),
                ] {
                    for counter in 0..<1000 { values.insert(source.bits(counter)) }
                    count += 1000
                }
            }
        }
        #expect(values.count == count)
    }

    /// Neither the same element nor one nearby: what seed 1 draws says nothing of what seed 0 drew.
    @Test(arguments: ["linear.weight", "augmentation", "epoch order"])
    func neighbouringSeedsAndEpochsAreUncorrelated(name: String) {
        let count = 20_000
        func values(_ source: RandomSource) -> [Double] {
            source.uniforms(count).map { Double($0) - 0.5 }
        }
        let pairs = [
            (RandomSource(seed: 0, stream: name), RandomSource(seed: 1, stream: name)),
            (RandomSource(seed: 0, stream: name, 2), RandomSource(seed: 1, stream: name, 1)),
            (RandomSource(seed: 0, stream: name, 1), RandomSource(seed: 0, stream: name, 2)),
            (RandomSource(seed: 7, stream: name), RandomSource(seed: 8, stream: name)),
        ]
        for (first, second) in pairs {
            let (a, b) = (values(first), values(second))
            for shift in -20...20 {
                var sum = 0.0
                for index in max(0, -shift)..<min(count, count - shift) {
                    sum += a[index] * b[index + shift]
                }
                // 492 correlations are looked at; of a standard normal one in 1.7 million is above 5.
                #expect(abs(sum * 12 / Double(count).squareRoot()) < 5, "\(name), shift \(shift)")
            }
        }
    }

    /// Two independent orders agree in about one place, whatever their length.
    @Test func shufflesOfNeighbouringSeedsAreIndependent() {
        var agreements = 0
        let pairs = 200
        for seed in UInt64(0)..<UInt64(pairs) {
            let first = RandomSource(seed: seed, stream: "epoch order", 2).permutation(1000)
            let second = RandomSource(seed: seed + 1, stream: "epoch order", 1).permutation(1000)
            agreements += zip(first, second).count { $0 == $1 }
        }
        let deviation = Double(pairs).squareRoot()
        #expect(abs(Double(agreements - pairs)) < 5 * deviation, "\(agreements) of \(pairs) pairs")
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
