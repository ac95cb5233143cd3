/// Every learning rule there is.
public enum RuleCatalog {
    /// In the order of the paper's tables, then the baselines.
    public static let all: [any LearningRule] =
        [
            LLS(), LLSM(), LLSMxM(), LLSMxM(isReduced: true), LocalLosses(), DFA(), DRTP(),
            Backpropagation(),
        ] + LLSRandom.Mixing.allCases.map { LLSRandom($0) }
}
