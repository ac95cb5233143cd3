import BLASBackend
import Datasets
import FileFormats
import Foundation
import Inference
import LocalLearning
import Randomness
import TestSupport
import Testing

/// A network of random numbers whose file says all of itself.
struct ClassifierTests {
    private let folder: TemporaryFolder
    private let weights: String
    private let options: Classifier.Options
    private static let classes = ["box", "sea star", "zebra"]

    init() throws {
        folder = try TemporaryFolder()
        weights = folder.path + "/w.safetensors"
        var options = Classifier.Options()
        options.models = [TinyTraining.architecture]
        options.batchSize = 4
        self.options = options
        try Self.network(on: try BLASBackend()).weights(metadata: Self.metadata)
            .write(to: weights)
    }

    private static let metadata = [
        "lls.model": TinyTraining.architecture.name, "lls.rule": "LLS", "lls.input": "8x8x1",
        "lls.classes": #"["box","sea star","zebra"]"#,
        "lls.normalization": #"{"mean":[0.4],"std":[0.25]}"#,
        "lls.transform":
            #"[{"step":"resize","shorterSide":10},{"step":"centerCrop","side":8}]"#,
    ]

    private static func network(
        on backend: BLASBackend, rule: any LearningRule = LLS()
    ) throws -> Network {
        let description = try NetworkDescription(
            TinyTraining.architecture, input: [8, 8, 1], classes: 3, rule: rule)
        return try Network(description, batch: 4, seed: 3, on: backend)
    }

    private func classifier() throws -> Classifier {
        try Classifier(weights: weights, on: try BLASBackend(), options)
    }

    /// Ten samples, of which a batch holds four; the network is asked with labels, as in training.
    @Test func probabilitiesAreTheSoftmaxOfTheLogits() async throws {
        let images = RandomSource(seed: 5, stream: "images").uniforms(10 * 64)
        let classifier = try classifier()
        #expect(classifier.classes == Self.classes && classifier.input.count == 64)
        let predictions = try await classifier.predict(normalized: images)
        #expect(predictions.count == 10)

        let network = try Self.network(on: try BLASBackend())
        for (batch, start) in [(4, 0), (4, 4), (2, 8)] {
            let logits = try images[(start * 64)..<((start + batch) * 64)]
                .withUnsafeBufferPointer { images in
                    try [Int32](repeating: 0, count: batch).withUnsafeBufferPointer {
                        try network.backend.read(try network.infer(images, $0))
                    }
                }
            for row in 0..<batch {
                let own = logits[(row * 3)..<(row * 3 + 3)].map { exp(Double($0)) }
                let found = predictions[start + row]
                for (probability, power) in zip(found.probabilities, own) {
                    #expect(abs(Double(probability) - power / own.reduce(0, +)) < 1e-6)
                }
                #expect(abs(found.probabilities.reduce(0, +) - 1) < 1e-6)
                let top = found.top(5)
                #expect(top.count == 3 && top[0] == found.best && top[0].label < 3)
                #expect(top[0].probability >= top[1].probability)
                #expect(top[1].probability >= top[2].probability)
                #expect(top.map(\.name) == top.map { Self.classes[$0.label] })
            }
        }
    }

    /// Pixels in memory, the same in a file, and the same prepared by hand.
    @Test func picturesOfAnySizeArePreparedAsTheCardSays() async throws {
        let (height, width) = (17, 23)
        var pixels: [UInt8] = []
        let file = tinyPNG(height: height, width: width) { y, x in
            let colour = (UInt8(10 * y), UInt8(11 * x), UInt8((y * x) % 256))
            pixels += [colour.0, colour.1, colour.2]
            return colour
        }
        let path = folder.path + "/p.png"
        try Data(file).write(to: URL(filePath: path))
        let classifier = try classifier()
        let inMemory = try await classifier.predict(
            pixels, height: height, width: width, channels: 3)
        let fromFile = try await classifier.predict(files: [path])
        #expect(try fromFile[0].result.get() == inMemory)

        // Pillow's convert("L"), then the data set's own preparation.
        let grey = stride(from: 0, to: pixels.count, by: 3).map { i in
            let sum =
                19595 * Int(pixels[i]) + 38470 * Int(pixels[i + 1]) + 7471 * Int(pixels[i + 2])
            return UInt8((sum + 0x8000) >> 16)
        }
        let loader = BatchLoader(
            ImageSplit(height: height, width: width, channels: 1, pixels: grey, labels: [0]),
            shape: SampleShape(height: 8, width: 8, channels: 1),
            normalization: Normalization(mean: [0.4], standardDeviation: [0.25]),
            transform: ImageTransform([.resize(shorterSide: 10), .centerCrop(side: 8)]),
            batchSize: 1)
        let byHand = try await classifier.predict(normalized: try loader.sample(0, epoch: 0))
        #expect(byHand == [inMemory])
        // Grey pixels, and pixels with alpha, are the same picture.
        #expect(
            try await classifier.predict(grey, height: height, width: width, channels: 1)
                == inMemory)
        let withAlpha = stride(from: 0, to: pixels.count, by: 3).flatMap {
            Array(pixels[$0..<($0 + 3)]) + [UInt8(7)]
        }
        #expect(
            try await classifier.predict(withAlpha, height: height, width: width, channels: 4)
                == inMemory)
    }

    @Test func badFilesAreNamedAndOthersAreClassified() async throws {
        for number in 0..<11 where number % 3 != 1 {
            let bytes = tinyPNG { y, x in (UInt8(20 * number), UInt8(y), UInt8(x)) }
            try Data(bytes).write(to: folder.url.appending(path: "\(number).png"))
        }
        try Data("no picture".utf8).write(to: folder.url.appending(path: "1.png"))
        let paths = (0..<11).map { "\(folder.path)/\($0).png" }
        let classifier = try classifier()
        let results = try await classifier.predict(files: paths)
        #expect(results.map(\.path) == paths)
        for (number, result) in results.enumerated() {
            switch result.result {
            case .success(let prediction):
                #expect(number % 3 != 1)
                // What else is in the batch does not matter.
                let alone = try await classifier.predict(files: [paths[number]])
                let other = try alone[0].result.get()
                for (one, two) in zip(prediction.probabilities, other.probabilities) {
                    #expect(abs(one - two) < 1e-6)
                }
            case .failure(let error):
                #expect(number % 3 == 1 && error.path == paths[number], "\(error)")
            }
        }
        #expect(try await classifier.predict(files: []).isEmpty)
    }

    @Test func manyTasksShareOne() async throws {
        let classifier = try classifier()
        let images = RandomSource(seed: 9, stream: "images").uniforms(4 * 64)
        let expected = try await classifier.predict(normalized: images)
        let found = try await withThrowingTaskGroup(of: [Prediction].self) { group in
            for _ in 0..<16 {
                group.addTask { try await classifier.predict(normalized: images) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found.count == 16 && found.allSatisfy { $0 == expected })
    }

    @Test func numbersThatAreNoPictureAreRefused() async throws {
        let classifier = try classifier()
        await #expect(throws: ClassifierError.self) {
            try await classifier.predict(normalized: [Float](repeating: 0, count: 65))
        }
        for (count, height, channels) in [(0, 0, 1), (12, 3, 5), (11, 2, 3), (12, -2, 3)] {
            await #expect(throws: ClassifierError.self) {
                try await classifier.predict(
                    [UInt8](repeating: 0, count: count), height: height, width: 2,
                    channels: channels)
            }
        }
    }

    /// What a card does not say, or cannot mean.
    @Test(
        arguments: [
            ("transform", nil, "missing"), ("classes", nil, "missing"), ("input", nil, "missing"),
            ("normalization", nil, "missing"), ("model", nil, "missing"), ("rule", nil, "missing"),
            ("input", "8x1099511627776x1", "size"), ("input", "8x8", "HEIGHT"),
            ("normalization", #"{"mean":[0],"std":[0]}"#, "not above 0"),
            ("normalization", #"{"mean":[0],"std":[1e-44]}"#, "not above 0"),
            ("normalization", #"{"mean":[0,0],"std":[1,1]}"#, "2 means"),
            ("normalization", #"{"mean":[0],"std":[1e400]}"#, "JSON"),
            ("transform", #"[{"step":"turn"}]"#, "unknown step"),
            ("transform", #"[{"step":"randomFlip"}]"#, "is random"),
            ("transform", #"[{"step":"resize"}]"#, "shorterSide unset"),
            ("transform", #"[{"step":"resize","shorterSide":-4}]"#, "shorterSide -4"),
            ("transform", #"[{"step":"centerCrop","side":9999999}]"#, "height 9999999"),
            ("transform", #"[{"step":"centerCrop","side":8}]"#, "may be smaller"),
            (
                "transform",
                #"[{"step":"resize","shorterSide":7},{"step":"centerCrop","side":8}]"#,
                "may be smaller"
            ),
            (
                "transform",
                #"[{"step":"resize","shorterSide":9},{"step":"centerCrop","side":9}]"#,
                "ends with 9 × 9"
            ),
            (
                "transform",
                "["
                    + Array(repeating: #"{"step":"resize","shorterSide":16000}"#, count: 17)
                    .joined(separator: ",") + "]", "17 steps"
            ),
            ("model", "Other", "unknown model"), ("rule", "Other", "unknown rule"),
            ("pool", "MIN", "unknown pool"), ("network", "stages: [", "lls.network"),
        ] as [(String, String?, String)])
    func hostileCardsAreErrors(key: String, value: String?, mention: String) throws {
        var file = try SafetensorsFile(reading: weights)
        file.metadata["lls." + key] = value
        try file.write(to: folder.path + "/hostile")
        let error = #expect(throws: FileError.self) {
            try Classifier(weights: folder.path + "/hostile", on: try BLASBackend(), options)
        }
        #expect(error?.category == .malformedData)
        #expect("\(try #require(error))".contains(mention), "\(String(describing: error))")
    }

    @Test func filesAndFoldersOfOthersAreErrors() throws {
        #expect(throws: FileError.self) {
            try Classifier(run: folder.path, on: try BLASBackend())
        }
        #expect(throws: FileError.self) {
            try Classifier(weights: folder.path + "/none", on: try BLASBackend())
        }
        var file = try SafetensorsFile(reading: weights)
        file["linear.bias"] = .init([1, 2, 3, 4] as [Float], shape: [4])
        try file.write(to: folder.path + "/other")
        #expect(throws: WeightsMismatchError.self) {
            try Classifier(weights: folder.path + "/other", on: try BLASBackend(), options)
        }
        file.metadata = [:]
        try file.write(to: folder.path + "/plain")
        let error = #expect(throws: FileError.self) {
            try Classifier(weights: folder.path + "/plain", on: try BLASBackend(), options)
        }
        #expect("\(try #require(error))".contains("does not say"))
    }

    @Test(arguments: [LLS(), Backpropagation(), DFA()] as [any LearningRule])
    func inferenceTakesLessMemoryThanTraining(rule: any LearningRule) throws {
        let (training, inference) = (try BLASBackend(), try BLASBackend())
        let network = try Self.network(on: training, rule: rule)
        let other = try Network(
            unset: network.description, batch: 4, forInference: true, on: inference)
        try other.load(try network.weights())
        #expect(inference.memoryUse.peak < training.memoryUse.peak)
        let images = RandomSource(seed: 5, stream: "images").uniforms(4 * 64)
        let logits = try [network, other].map { network in
            try images.withUnsafeBufferPointer {
                try network.backend.read(try network.infer($0, batch: 4))
            }
        }
        #expect(logits[0] == logits[1])
    }
}
