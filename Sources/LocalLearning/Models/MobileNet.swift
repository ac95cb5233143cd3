extension Architecture {
    /// MobileNet V1.
    public static let mobileNetV1 = Architecture(
        "LLS_MobileNetV1",
        mobileNetStem + Array(repeating: .depthwise(512, pool: 2), count: 4)
            + [.depthwise(1024, stride: 2, pool: 1), .depthwise(1024, pool: 1), .averagePool(1)]
    ).described(
        as: "MobileNet V1: depthwise and pointwise convolutions", source: Publication.llsCode)

    /// MobileNet V1 up to its first repeated block.
    public static let mobileNetV1Small = Architecture(
        "LLS_MobileNetV1_small", mobileNetStem + [.averagePool(1)]
    ).described(
        as: "MobileNet V1 up to its first repeated block", source: Publication.llsCode)

    private static let mobileNetStem: [Stage] = [
        .convolution(32, stride: 2, pool: 8), .depthwise(64, pool: 4),
        .depthwise(128, stride: 2, pool: 4), .depthwise(128, pool: 4),
        .depthwise(256, stride: 2, pool: 2), .depthwise(256, pool: 2),
        .depthwise(512, stride: 2, pool: 2), .depthwise(512, pool: 2),
    ]
}
