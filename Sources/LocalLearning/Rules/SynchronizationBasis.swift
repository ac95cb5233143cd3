import Foundation
import Tensors

/// The shape of a basis vector over its features.
public enum Waveform: String, CaseIterable, Codable, Sendable {
    /// The published name of what is a sine.
    case cosine
    /// The sine's sign.
    case square
}

/// The fixed periodic vectors that activations are taught to synchronise with, one a class.
///
/// arXiv 2405.15868, eq. 2: `B[r, t] = sin(f_r · t)` with frequencies spaced evenly from 50 to 512.
public enum SynchronizationBasis {
    /// Frequencies as PyTorch's `linspace` rounds them: the first half counted from the start, the
    /// second from the end, each by one fused multiply–add. A frequency that is one bit off flips
    /// signs of a square wave far out.
    static func frequencies(_ rows: Int, from start: Float = 50, to end: Float = 512) -> [Float] {
        guard rows > 1 else { return [start] }
        let step = (end - start) / Float(rows - 1)
        return (0..<rows).map { row in
            row < rows / 2
                ? start.addingProduct(Float(row), step)
                : end.addingProduct(-Float(rows - 1 - row), step)
        }
    }

    /// `rows × columns` values, row by row.
    ///
    /// The product is rounded to float32 before the sine is taken of it: arguments reach 10⁶, so any
    /// other order, or a device's fast sine, is another basis. Hence the host computes it, once.
    public static func values(rows: Int, columns: Int, _ waveform: Waveform) -> [Float] {
        frequencies(rows).flatMap { frequency in
            (0..<columns).map { column in
                let value = Float(sin(Double(frequency * Float(column))))
                return switch waveform {
                case .cosine: value
                case .square: value == 0 ? 0 : (value > 0 ? 1 : -1)
                }
            }
        }
    }

    /// The same on a device: `[rows, columns]`.
    public static func tensor(
        rows: Int, columns: Int, _ waveform: Waveform, on backend: any Backend
    ) throws -> Tensor {
        try backend.makeTensor(
            [rows, columns], values(rows: rows, columns: columns, waveform))
    }
}
