import Datasets
import FileFormats
import LocalLearning
import ReferenceBackend
import TestSupport
import Testing

/// What weights files say of themselves.
struct ModelCardTests {
    private func dataset(_ names: [String]) -> ImageDataset {
        let split = ImageSplit(files: names, labels: names.indices.map(Int32.init))
        return ImageDataset(
            name: "folder:p2", classNames: names, train: split, test: split,
            shape: SampleShape(height: 128, width: 96, channels: 3),
            normalization: Normalization(
                mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.1]),
            training: .none,
            testing: ImageTransform([.resize(shorterSide: 132), .centerCrop(side: 128)]),
            folder: "")
    }

    private var card: ModelCard {
        var card = ModelCard(
            dataset(["a/b", "caf\u{e9}", "cafe\u{301}", "\"\u{10F7E9}\n"]), model: "LLS_SmallConv",
            rule: "LLS", pooling: .mean, version: "1")
        (card.epoch, card.step) = (3, 1234)
        return card
    }

    @Test func metadataComesBack() throws {
        let folder = try TemporaryFolder()
        let card = card
        let path = folder.path + "/w"
        try SafetensorsFile(metadata: card.metadata).write(to: path)
        let notes = try SafetensorsReader(path).metadata
        #expect(notes["format"] == "pt" && notes["lls.input"] == "128x96x3")
        #expect(
            notes["lls.normalization"]
                == #"{"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.1]}"#)
        #expect(notes["lls.epoch"] == "3" && notes["lls.pool"] == "AVG")
        let back = try #require(try ModelCard(metadata: notes, path: path))
        #expect(back == card)
        // Swift holds é of one scalar and é of two for equal: compare bytes.
        #expect(back.classes?.map { Array($0.utf8) } == card.classes?.map { Array($0.utf8) })
        try card.write(to: folder.path + "/model.json")
        #expect(try ModelCard(reading: folder.path + "/model.json") == card)
    }

    @Test func aFileOfPyTorchHasNone() throws {
        #expect(try ModelCard(metadata: ["format": "pt"], path: "w") == nil)
        #expect(try ModelCard(metadata: [:], path: "w") == nil)
    }

    @Test(arguments: [
        ("lls.classes", "[1,2]"), ("lls.classes", "[]"), ("lls.classes", #"["a","a"]"#),
        ("lls.classes", "a,b"), ("lls.input", "28x28"), ("lls.input", "0x28x1"),
        ("lls.input", "9999999999999999999x1x1"), ("lls.epoch", "-1"), ("lls.step", "x"),
        ("lls.normalization", "{}"), ("lls.transform", "{}"),
    ])
    func aDamagedValueIsNamed(key: String, value: String) throws {
        let error = try #require(throws: FileError.self) {
            _ = try ModelCard(metadata: [key: value], path: "w.safetensors")
        }
        #expect(error.category.exitCode == 65 && error.description.contains(key), "\(error)")
    }

    @Test func otherDataIsTold() {
        let card = card
        #expect(card.differences(from: dataset(["x"])).isEmpty)
        let other = ImageDataset(
            name: "x", classNames: ["a"], train: dataset(["x"]).train, test: dataset(["x"]).test,
            shape: SampleShape(height: 64, width: 64, channels: 3),
            normalization: Normalization(
                mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5]),
            training: .none, testing: .none, folder: "")
        #expect(
            card.differences(from: other) == [
                "input 128x96x3, not 64x64x3", "another normalization", "another transform",
            ])
    }
}

/// Hostile weights files.
struct CounterTests {
    @Test(
        arguments: [
            ([-1], []), ([.max], []), ([.min], []), ([1 << 60], []), ([3, 3], [2]), ([], [0]),
            ([7], [1]),
        ] as [([Int64], [Int])])
    func aCounterThatIsNoneIsRefused(values: [Int64], shape: [Int]) throws {
        let network = try Network(
            NetworkDescription(.smallConv, input: [8, 8, 1], classes: 3, rule: LLS()), batch: 2,
            on: ReferenceBackend())
        var file = try network.weights()
        let name = try #require(
            file.entries.keys.filter { $0.hasSuffix("num_batches_tracked") }.min())
        file[name] = .init([5] as [Int64], shape: [])
        try network.load(file)
        #expect(network.batchesTracked == 5)
        file[name] = .init(values, shape: shape)
        let error = try #require(throws: (any Error).self) { try network.load(file) }
        let category = (error as? any CategorizedError)?.category
        #expect(category == .malformedData && "\(error)".contains(name), "\(error)")
        #expect(network.batchesTracked == 5)
    }
}
