/// Every network there is.
public enum ModelCatalog {
    /// The published code copied networks for some rules and data sets; here their names are
    /// aliases, since a model and a rule are chosen independently.
    public static let all: [Architecture] = [
        .smallConv, .smallConvL, .vgg8, .vgg11, .mobileNetV1, .mobileNetV1Small, .resNet18,
        .drtpSmallConv,
        .smallConv.feedbackAlias("DFA_SmallConv"), .smallConvL.feedbackAlias("DFA_SmallConvL"),
        .smallConv.feedbackAlias("DFA_SmallConvMNIST"),
        .smallConvL.feedbackAlias("DFA_SmallConvLMNIST"),
    ]
}
