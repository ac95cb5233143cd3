/// Arithmetic of sizes that a user may ask for. What is too large for an `Int` becomes `Int.max`,
/// for which ``Shape/byteCount(of:)`` throws, instead of ending the program.
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

    /// The smallest multiple of `unit` that is no smaller.
    package func saturatingRoundedUp(to unit: Int) -> Int {
        let rest = self % unit
        return rest == 0 ? self : saturatingAdding(unit - rest)
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

extension Shape {
    /// No tensor has more bytes: 128 TiB, what a processor addresses. All sizes that are derived from
    /// smaller ones fit an `Int`.
    private static let mostBytes = 1 << 47

    /// Bytes of a tensor of this shape.
    ///
    /// - Throws: ``OutOfMemoryError`` if no machine has so many. Backends ask here before they
    ///   allocate, so that no size is too large for arithmetic afterwards.
    public func byteCount(of type: ElementType) throws -> Int {
        let bytes = count.saturatingMultiplied(by: type.byteCount)
        guard bytes <= Self.mostBytes else {
            throw OutOfMemoryError("a tensor \(self) is larger than any memory")
        }
        return bytes
    }
}
