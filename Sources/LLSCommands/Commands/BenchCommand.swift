import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Times a matrix product, a convolution, a training step or the reading of data.",
        discussion: "Example: lls bench step --model LLS_SmallConv --input 3x32x32 --batch 128",
        subcommands: [BenchGemm.self, BenchConvolution.self, BenchStep.self, BenchData.self])
}
