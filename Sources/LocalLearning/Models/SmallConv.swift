extension Architecture {
    /// The paper's small network: three convolutions and a linear block.
    public static let smallConv = small("LLS_SmallConv", (32, 64, 128), linear: 512, pool: 512)
        .described(
            as: "three convolutions and a linear block", source: Publication.lls(table: 1))

    /// The same, wider.
    public static let smallConvL = small(
        "LLS_SmallConvL", (96, 192, 512), linear: 1024, pool: 2048
    ).described(as: "LLS_SmallConv, wider", source: Publication.lls(table: 2))

    private static func small(
        _ name: String, _ channels: (Int, Int, Int), linear: Int, pool: Int
    ) -> Architecture {
        Architecture(
            name,
            [
                .convolution(channels.0, pool: 4), .maxPool, .dropout,
                .convolution(channels.1, pool: 2), .maxPool, .dropout,
                .convolution(channels.2, pool: 2), .averagePool(2), .dropout,
                .linear(linear, pool: pool), .dropout,
            ])
    }

    /// The network that the paper's DRTP results are of.
    public static let drtpSmallConv = Architecture(
        "DRTP_SmallConv", wrapsBlocks: false,
        [
            .convolution(64, pool: 4), .maxPool, .convolution(256, pool: 2), .maxPool,
            .convolution(256, pool: 2), .averagePool(4), .linear(1024, pool: 1024),
        ]
    ).described(
        as: "three convolutions and a linear block, as the results of DRTP are of",
        source: Publication.llsCode)
}
