/// Ordinary backpropagation of the output's cross-entropy, as the measure of all others.
public struct Backpropagation: ChainedRule {
    public let name = "BP"

    /// The rule has no settings.
    public init() {}
}
