/// Arithmetic of sizes that a user may ask for. A result that is too large for an `Int` becomes
/// `Int.max`, for which ``TensorSpec/checkedByteCount()`` throws, instead of ending the program.
extension Int {
    /// The product of two numbers that are not negative.
    package func saturatingMultiplied(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    /// The sum of two numbers that are not negative.
    package func saturatingAdding(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// The smallest multiple of `multiple` that is no smaller.
    package func saturatingRoundedUp(to multiple: Int) -> Int {
        let rest = self % multiple
        return rest == 0 ? self : saturatingAdding(multiple - rest)
    }
}

/// `⌈numerator / denominator⌉` of a numerator that is not negative and a positive denominator.
package func ceilingDivision(_ numerator: Int, _ denominator: Int) -> Int {
    (numerator + denominator - 1) / denominator
}

extension Sequence<Int> {
    /// The product of numbers that are not negative.
    package func saturatingProduct() -> Int { reduce(1) { $0.saturatingMultiplied(by: $1) } }

    /// The sum of numbers that are not negative.
    package func saturatingSum() -> Int { reduce(0) { $0.saturatingAdding($1) } }
}
