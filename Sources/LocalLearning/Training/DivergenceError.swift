/// A loss became infinite, NaN or hopeless, or a parameter is no finite number.
public struct DivergenceError: Error, CustomStringConvertible {
    /// What was no finite number, or hopeless.
    public enum Quantity: Hashable, Sendable {
        /// Of a block, of `output` or of `test`.
        case loss(String)
        /// Of a block or `output`, or one running value.
        case parameters(String)
    }

    /// What was found first.
    public let quantity: Quantity
    /// Counted from 1; the step is of that epoch.
    public let epoch, step: Int
    /// What it was.
    public let value: Double

    /// A test loss above this is one that no training comes back from.
    static let hopelessLoss = 100.0

    /// One line.
    public var description: String {
        let found =
            switch quantity {
            case .loss(let name): "the loss of \(name) is \(value)"
            case .parameters(let name): "a parameter of \(name) is \(value)"
            }
        return "training diverged at epoch \(epoch), step \(step): \(found)"
    }
}
