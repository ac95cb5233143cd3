import Foundation
import LocalLearning
import Testing

/// The basis against the oracle's.
struct BasisTests {
    struct Golden: Decodable {
        let rows, cols: Int
        let waveform: String
        let values: [Float]
    }

    @Test func everyGoldenBasisIsReproduced() throws {
        let cases = try JSONDecoder().decode(
            [Golden].self, from: Data(contentsOf: Fixtures.golden("basis.json")))
        #expect(cases.count == 5)
        for golden in cases {
            let waveform = try #require(Waveform(rawValue: golden.waveform))
            let values = SynchronizationBasis.values(
                rows: golden.rows, columns: golden.cols, waveform)
            #expect(values.count == golden.values.count)
            // PyTorch's vectorised float sine is within one unit in the last place of the true one.
            let worst = zip(values, golden.values).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst <= 1.2e-7, "\(golden.rows) × \(golden.cols) \(golden.waveform)")
        }
    }

    @Test func aSquareWaveStartsAtZero() {
        let values = SynchronizationBasis.values(rows: 3, columns: 4, .square)
        #expect(values[0] == 0 && values[4] == 0 && values[8] == 0)
        #expect(Set(values) == [-1, 0, 1])
    }
}
