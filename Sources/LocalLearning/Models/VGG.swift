extension Architecture {
    /// VGG with eight weight layers.
    public static let vgg8 = Architecture(
        "LLS_VGG8",
        [
            .convolution(128, pool: 4), .convolution(256, pool: 2), .maxPool, .dropout,
            .convolution(256, pool: 2), .dropout, .convolution(256, pool: 2), .maxPool, .dropout,
            .convolution(512, pool: 2), .maxPool, .dropout,
            .convolution(512, pool: 2), .averagePool(2), .dropout,
            .linear(1024, pool: 1024), .dropout,
        ]
    ).described(
        as: "VGG with eight weight layers", source: Publication.lls(table: 1))

    /// VGG with eleven weight layers.
    public static let vgg11 = Architecture(
        "LLS_VGG11",
        [
            .convolution(64, pool: 4), .maxPool, .convolution(128, pool: 2), .maxPool, .dropout,
            .convolution(256, pool: 2), .dropout, .convolution(256, pool: 2), .maxPool, .dropout,
            .convolution(512, pool: 2), .convolution(512, pool: 2), .maxPool, .dropout,
            .convolution(512, pool: 2), .convolution(512, pool: 2), .averagePool(8), .dropout,
            .linear(4096, pool: 2048), .linear(4096, pool: 2048), .dropout,
        ]
    ).described(as: "VGG with eleven weight layers", source: Publication.llsCode)
}
