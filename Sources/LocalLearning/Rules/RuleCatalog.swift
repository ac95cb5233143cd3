/// Every learning rule there is.
public enum RuleCatalog {
    public static let all: [any LearningRule] =
        [
            LLS(), LLSM(), LLSMxM(), LLSMxM(isReduced: true), LocalLosses(), DFA(), DRTP(),
            Backpropagation(),
        ] + LLSRandom.Mixing.allCases.map { LLSRandom($0) }
}
