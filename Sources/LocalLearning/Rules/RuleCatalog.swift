/// Every learning rule there is.
public enum RuleCatalog {
    public static let all: [any LearningRule] = [LLS()]
}
