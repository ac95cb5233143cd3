/// The rounding errors of Float32 arithmetic, of which the bounds of all cases are made.
///
/// Every operation may be off by `unitRoundoff`, relative to its result. To the functions that
/// OpenCL C 1.2 does not ask to round correctly (§7.4) its own limits apply, and one ULP is at most
/// `2·unitRoundoff`: division 2.5 ULP, square root 3, exp and log 3, tanh 5. Terms of second order
/// are covered by counting one or two roundings more than the longest of the usual ways to compute
/// a result.
enum Rounding {
    static let unitRoundoff = 0x1p-24
    /// A device may flush subnormal numbers to zero.
    static let underflow = 0x1p-120

    static let division = 5 * unitRoundoff
    static let squareRoot = 6 * unitRoundoff
    static let exponential = 6 * unitRoundoff
    static let logarithm = 6 * unitRoundoff
    static let hyperbolicTangent = 10 * unitRoundoff

    /// The error of a sum of `length` products whose magnitudes sum to `magnitude`, in any order:
    /// half of it (Higham 2002, §3.1) with `unitRoundoff` per addition, the rest for the products.
    static func sum(of length: Int, magnitude: Double) -> Double {
        2 * Double(length) * unitRoundoff * magnitude + underflow
    }
}
