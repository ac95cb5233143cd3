extension Architecture {
    /// ResNet-18 for small images (He et al. 2016, section 4.2): a 3×3 stem without a pool, and eight
    /// residual blocks, each with a local loss of its own. The classifier reads 2×2 averages, as that of
    /// VGG8 does: of 1×1, local rules learn less. The paper of LLS does not have this network.
    public static let resNet18 = Architecture(
        "LLS_ResNet18",
        [
            .block(BlockStage(.convolutions([ConvolutionStage(64, hasBias: false)]), pool: 4)),
            .residual(64, pool: 4), .residual(64, pool: 4),
            .residual(128, stride: 2, pool: 4), .residual(128, pool: 4),
            .residual(256, stride: 2, pool: 2), .residual(256, pool: 2),
            .residual(512, stride: 2, pool: 2), .residual(512, pool: 2),
            .averagePool(2),
        ]
    ).described(
        as: "ResNet-18 for small images, a local loss for each of its residual blocks",
        source: "He et al. 2016, arXiv 1512.03385; local losses: \(Publication.ours)")
}
