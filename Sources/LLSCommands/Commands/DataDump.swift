import ArgumentParser
import Datasets
import FileFormats

struct DataDump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Writes prepared samples, as the network sees them, to a safetensors file.",
        discussion: """
            Example: lls data dump --dataset CIFAR10 --split test --index 0..9 --out first.safetensors
            The tensors are 'images', [n, channels, height, width], and 'labels', [n].
            """)

    enum Split: String, CaseIterable, ExpressibleByArgument { case train, test }

    @OptionGroup var source: DataOptions
    @OptionGroup var badImagesOption: BadImagesOption
    @Option(help: "The split: train or test.") var split = Split.test
    @Option(help: "Indices in the split: 7, 0..9 or 3,5,8..11.") var index = "0..9"
    @Option(help: "The file to write.", completion: .file(), transform: pathArgument)
    var out: String
    @Flag(
        help: "Augment training samples as in an epoch (default: prepare them like test samples)."
    )
    var augment = false
    @Option(help: "The epoch; the first is 1.") var epoch = 1
    @Option(help: "Seed of the run.") var seed: UInt64 = 0

    func validate() throws {
        _ = try indices()
        try requireWithinBounds(("epoch", epoch))
        guard !augment || split == .train else {
            throw ValidationError("--augment needs training samples: add --split train")
        }
    }

    func run() throws {
        let (dataset, _) = try source.load().applying(badImagesOption.badImages ?? .error)
        let images = split == .train ? dataset.train : dataset.test
        let indices = try indices()
        if let beyond = indices.first(where: { $0 >= images.count }) {
            throw ValidationError(
                "--index \(beyond): the \(split.rawValue) split has \(images.count) samples")
        }
        let loader =
            augment
            ? BatchLoader.training(dataset, seed: seed, batchSize: 1)
            : BatchLoader.testing(dataset, split: images, batchSize: 1)
        let shape = dataset.shape
        var file = SafetensorsFile(metadata: ["dataset": dataset.name])
        file["labels"] = SafetensorsFile.Entry(
            indices.map { Int64(images.labels[$0]) }, shape: [indices.count])
        // A sample at a time: a whole split may be larger than memory.
        try file.write(
            to: out, adding: "images",
            shape: [indices.count, shape.channels, shape.height, shape.width],
            parts: indices.count
        ) { number in
            let sample: [Float]
            do { sample = try loader.sample(indices[number], epoch: epoch) } catch {
                throw dataset.explaining(error)
            }
            return (0..<shape.channels).flatMap { channel in
                stride(from: channel, to: shape.count, by: shape.channels).map { sample[$0] }
            }
        }
        Console.result("\(out)  \(indices.count) samples")
    }

    /// `3,5,8..11`, both ends included.
    private func indices() throws -> [Int] {
        let wrong = ValidationError(
            "--index takes indices such as 7, 0..9 or 3,5,8..11, not '\(index)'")
        let ranges = try index.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let ends = part.split(separator: "..", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0],
                let last = ends[ends.count - 1],
                0 <= first, first <= last, last - first < 1_000_000
            else { throw wrong }
            return first...last
        }
        return ranges.flatMap { Array($0) }
    }
}
