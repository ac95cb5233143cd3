import LocalLearning

extension Architecture {
    /// A small network with a 5×5 convolution, a residual block and one wide linear block.
    static let wide = Architecture(
        "Wide",
        [
            .block(BlockStage(.convolutions([ConvolutionStage(32, kernel: 5)]), pool: 4)), .maxPool,
            .residual(64, stride: 2, pool: 4), .averagePool(2), .linear(512, pool: 512),
        ]
    ).described(as: "a 5×5 convolution, a residual block and a linear one", source: "")
}
