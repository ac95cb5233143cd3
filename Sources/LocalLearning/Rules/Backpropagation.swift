/// Ordinary backpropagation of the output's cross-entropy, as the measure of all others.
public struct Backpropagation: ChainedRule {
    public let name = "BP"
    public let summary = "backpropagation of the loss of the output, the measure of all others"
    public let source = "Rumelhart et al. 1986"

    /// The rule has no settings.
    public init() {}
}
