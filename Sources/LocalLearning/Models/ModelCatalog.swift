/// Every network there is.
public enum ModelCatalog {
    /// The published code copied networks for some rules and data sets; here their names are
    /// aliases, since a model and a rule are chosen independently.
    public static let all: [Architecture] = [
        .smallConv, .smallConvL, .vgg8, .vgg11, .mobileNetV1, .mobileNetV1Small, .drtpSmallConv,
        .smallConv.alias("DFA_SmallConv"), .smallConvL.alias("DFA_SmallConvL"),
        .smallConv.alias("DFA_SmallConvMNIST"), .smallConvL.alias("DFA_SmallConvLMNIST"),
    ]
}
