import Foundation
import LocalLearning
import Testing
import Verification

/// The basis against the oracle's.
struct BasisTests {
    @Test func everyGoldenBasisIsReproduced() throws {
        let golden = try #require(
            BasisCase(json: Data(contentsOf: Fixtures.golden("basis.json"))))
        // PyTorch's vectorised float sine is within one unit in the last place of the true one.
        #expect(golden.deviation() <= BasisCase.allowed)
    }

    @Test(arguments: [
        (#"[{"rows": 1, "cols": 2, "waveform": "cosine", "values": [0, 0.5]}]"#, true),
        (#"[{"rows": 1, "cols": 2, "waveform": "cosine", "values": [0]}]"#, false),
        (#"[{"rows": 0, "cols": 2, "waveform": "cosine", "values": []}]"#, false),
        (#"{"case": {}}"#, false),
    ])
    func aWrongBasisIsSeen(json: String, isBasis: Bool) {
        let basis = BasisCase(json: Data(json.utf8))
        #expect((basis != nil) == isBasis)
        if let basis { #expect(basis.deviation() > 0.1) }
    }

    @Test func aSquareWaveStartsAtZero() {
        let values = SynchronizationBasis.values(rows: 3, columns: 4, .square)
        #expect(values[0] == 0 && values[4] == 0 && values[8] == 0)
        #expect(Set(values) == [-1, 0, 1])
    }
}
