/// How one case went on one backend.
public struct OperationResult: Sendable, CustomStringConvertible {
    /// As of the case.
    public let operation, detail: String
    /// The element that came closest to its bound, or passed it most; nil without elements.
    public let worst: Deviation?
    /// Empty if the backend is right.
    public let failures: [Failure]
    /// Wall time of the operation on the backend.
    public let seconds: Double

    /// Whether the backend is right.
    public var passed: Bool { failures.isEmpty }
    /// ``operation`` and ``detail``.
    public var name: String { "\(operation) \(detail)" }

    /// The largest deviation over its bound, at most 1 if all are right; infinite if the
    /// backend is wrong in another way.
    public var ratio: Double {
        let ratio = worst?.ratio ?? 0
        return failures.isEmpty || ratio > 1 ? ratio : .infinity
    }

    public var description: String {
        let text = failures.map(\.description).joined(separator: "; ")
        return failures.isEmpty ? "\(name): \(ratio) of its bound" : "\(name): \(text)"
    }

    /// An element's value, the expected one and its bound.
    public struct Deviation: Sendable, CustomStringConvertible {
        /// The operand that holds the element.
        public let operand: String
        /// Its index, row by row.
        public let index: Int
        /// The backend's value, the reference's, and how far they may differ.
        public let value, expected, bound: Double

        /// Deviation over bound: at most 1 is right. Infinite for a NaN, and for any deviation
        /// if none is allowed.
        public var ratio: Double {
            if value == expected || (value.isNaN && expected.isNaN) { return 0 }
            let ratio = abs(value - expected) / bound
            return ratio.isNaN ? .infinity : ratio
        }

        /// NaN compares false, and so is never allowed.
        public var isAllowed: Bool {
            value == expected || (value.isNaN && expected.isNaN) || abs(value - expected) <= bound
        }

        public var description: String {
            "\(operand)[\(index)] is \(value), not \(expected) ± \(bound)"
        }
    }

    /// One way to be wrong.
    public enum Failure: Sendable, CustomStringConvertible {
        /// An element is too far from the reference's; `count` elements are.
        case deviation(Deviation, count: Int)
        /// A source was written to.
        case sourceChanged(operand: String, index: Int)
        /// Memory beside an operand was written to, at `index` from the operand's start.
        case overrun(operand: String, index: Int)
        /// The same call gave other bytes.
        case unrepeatable(operand: String, index: Int)
        /// The same call allocated again.
        case allocatedAgain(count: Int)
        /// The operation threw this error.
        case threw(String)

        public var description: String {
            switch self {
            case .deviation(let worst, let count):
                "\(worst)\(count > 1 ? ", and \(count - 1) more" : "")"
            case .sourceChanged(let operand, let index): "source \(operand)[\(index)] was changed"
            case .overrun(let operand, let index): "wrote beside \(operand), to [\(index)]"
            case .unrepeatable(let operand, let index):
                "a second run gave another \(operand)[\(index)]"
            case .allocatedAgain(let count): "a second run made \(count) allocations"
            case .threw(let message): "threw: \(message)"
            }
        }
    }
}
