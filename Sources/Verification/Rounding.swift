/// The rounding errors of Float32 arithmetic: what the bounds of all cases are made of.
///
/// Every operation may be off by `unit`, relative to its result. To the functions that OpenCL C 1.2
/// does not ask to round correctly (§7.4) its own limits apply, and one ULP is at most `2·unit`:
/// division 2.5 ULP, square root 3, exp and log 3, tanh 5. Terms of second order are covered by
/// counting one or two roundings more than the longest of the usual ways to compute a result.
enum Rounding {
    static let unit = 0x1p-24
    /// A device may flush subnormal numbers to zero.
    static let underflow = 0x1p-120

    static let division = 5 * unit
    static let squareRoot = 6 * unit
    static let exponential = 6 * unit
    static let logarithm = 6 * unit
    static let hyperbolicTangent = 10 * unit

    /// The error of a sum of `length` products whose magnitudes sum to `magnitude`, in any order:
    /// half of it (Higham 2002, §3.1) with `unit` per addition, the rest for the products.
    static func sum(of length: Int, magnitude: Double) -> Double {
        2 * Double(length) * unit * magnitude + underflow
    }
}
