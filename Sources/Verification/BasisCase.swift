import Foundation
import LocalLearning

/// The oracle's basis vectors: a list of matrices with their values, row by row.
public struct BasisCase: Sendable {
    private struct StatedBasis: Decodable {
        let rows, cols: Int
        let waveform: Waveform
        let values: [Double]
    }

    private let stated: [StatedBasis]

    /// Nil if the text is no list of bases.
    public init?(json: Data) {
        guard let stated = try? JSONDecoder().decode([StatedBasis].self, from: json),
            stated.allSatisfy({
                min($0.rows, $0.cols) > 0 && $0.values.count / $0.rows == $0.cols
                    && $0.values.count % $0.rows == 0
            })
        else { return nil }
        self.stated = stated
    }

    /// The largest deviation of any element. The basis is computed on the host, so this does not
    /// depend on a backend.
    public func deviation() -> Double {
        stated.flatMap { basis in
            zip(
                SynchronizationBasis.values(
                    rows: basis.rows, columns: basis.cols, basis.waveform), basis.values)
        }.reduce(0) { largest, pair in
            // NaN stays.
            let deviation = abs(Double(pair.0) - pair.1)
            return deviation <= largest ? largest : deviation
        }
    }

    /// The most by which two correctly rounded float32 sines may differ.
    public static let allowed = 1.2e-7
}
