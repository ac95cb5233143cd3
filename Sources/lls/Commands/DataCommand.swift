import ArgumentParser

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Looks into data sets.",
        discussion: "Example: lls data dump --dataset MNIST --index 0..9 --out digits.safetensors",
        subcommands: [DataDump.self])
}
