import Datasets
import FileFormats
import Foundation
import TestSupport
import Testing

let readers = fixtures + "/readers"

/// What the committed script computed with torchvision.
struct TorchvisionResults: Decodable {
    struct Sample: Decodable {
        let label: Int32
        /// FNV-1a of the floats' bytes, channels first.
        let sum: String
    }
    struct Deciles: Decodable { let area, logRatio: [Double] }

    let samples: [String: [Sample]]
    let drawn: [String: Deciles]

    static func load() throws -> TorchvisionResults {
        let data = try Data(contentsOf: URL(filePath: fixtures + "/readers.json"))
        return try JSONDecoder().decode(TorchvisionResults.self, from: data)
    }
}

/// FNV-1a of a sample's bytes in torch's order, `[channels, height, width]`.
func digest(_ sample: [Float], channels: Int) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for channel in 0..<channels {
        for place in stride(from: channel, to: sample.count, by: channels) {
            withUnsafeBytes(of: sample[place].bitPattern.littleEndian) { bytes in
                for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            }
        }
    }
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}

/// Small data sets in their owners' formats, written by Python, NumPy and Pillow.
@Suite struct ReaderTests {
    private func load(_ name: String, from folder: String = readers) throws -> ImageDataset {
        let found = try DatasetCatalog.named(name)
        return try found.load(
            dataDirectory: found.namesItsPlace ? nil : folder, environment: [:])
    }

    /// To the last bit: the decoder, the resizing, the crop and the normalisation are torchvision's.
    @Test(arguments: [
        "CIFAR10", "CIFAR100", "TinyIMAGENET", "IMAGENETTE", "IMAGENETTE_BASIC", "IMAGENET", "VWW",
    ])
    func testSamplesAreTorchvisions(name: String) throws {
        // Imagenette's folder under a name that ImageNet is looked for by.
        let linked = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: linked.path + "/imagenet", withDestinationPath: readers + "/imagenette2-160")
        defer { withExtendedLifetime(linked) {} }
        let dataset = try load(name, from: name == "IMAGENET" ? linked.path : readers)
        let expected = try #require(try TorchvisionResults.load().samples[name])
        #expect(dataset.test.labels == expected.map(\.label))
        let loader = BatchLoader.testing(dataset, batchSize: 1)
        for (index, sample) in expected.enumerated() {
            let floats = try loader.sample(index, epoch: 1)
            #expect(digest(floats, channels: 3) == sample.sum, "\(name), sample \(index)")
        }
    }

    @Test func cifarBatchesAreReadInTheirOrder() throws {
        let dataset = try load("CIFAR10")
        #expect(dataset.folder == readers + "/cifar-10-batches-bin")
        #expect(dataset.train.count == 10 && dataset.test.count == 3)
        // The third file's second record: its label, and its first pixel's three bytes.
        let bytes = [UInt8](
            try Data(contentsOf: URL(filePath: dataset.folder + "/data_batch_3.bin")))
        #expect(dataset.train.labels[5] == Int32(bytes[3073]))
        let pixel = try pixels(dataset.train)[(5 * 3072)..<(5 * 3072 + 3)]
        #expect(Array(pixel) == [bytes[3074], bytes[3074 + 1024], bytes[3074 + 2048]])
        #expect(dataset.classNames[9] == "truck")
    }

    @Test func cifar100TakesTheFineLabels() throws {
        let dataset = try load("CIFAR100AUG")
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: dataset.folder + "/train.bin")))
        #expect(dataset.train.labels == (0..<3).map { Int32(bytes[$0 * 3074 + 1]) })
        #expect(dataset.classNames[99] == "worm" && dataset.classNames[0] == "apple")
    }

    @Test(arguments: ["CIFAR10", "CIFAR100"])
    func anArchiveHoldsWhatItsFilesDo(name: String) throws {
        let packed = try load(name, from: readers + "/archives")
        let extracted = try load(name)
        #expect(packed.folder == readers + "/archives")
        #expect(packed.train == extracted.train && packed.test == extracted.test)
    }

    @Test func tinyImageNetIsReadInBothForms() throws {
        let published = try load("TinyIMAGENET")
        #expect(published.classNames == ["n01443537", "n01629819", "n01641577"])
        #expect(published.train.labels == [0, 0, 1, 1, 2, 2])
        #expect(published.test.labels == [2, 0, 0, 1])
        let sorted = try load("TinyIMAGENET", from: readers + "/sorted")
        #expect(sorted.train.labels == published.train.labels)
        #expect(sorted.test.labels == [0, 0, 1, 2])
        let samples = try [(published, 1), (sorted, 0)].map { dataset, index in
            try BatchLoader.testing(dataset, batchSize: 1).sample(index, epoch: 1)
        }
        #expect(samples[0] == samples[1])
    }

    @Test func visualWakeWordsTakesItsImagesFromBothFolders() throws {
        let dataset = try load("VWW")
        #expect(dataset.folder == readers + "/coco2014")
        #expect(dataset.train.labels == [0, 1, 0, 1, 0] && dataset.test.labels == [0, 1, 0])
        // By their ids, whatever their order in the file.
        guard case .files(let paths) = dataset.train.images else { return }
        #expect(paths[1].hasSuffix("/train2014/COCO_train2014_000000000009.jpg"))
        #expect(paths[4].hasSuffix("/val2014/COCO_val2014_000000000034.jpg"))
    }

    @Test func aFolderOfOnesOwnIsPreparedLikeImagenette() throws {
        let mine = try load("folder:\(readers)/imagenette2-160")
        let imagenette = try load("IMAGENETTE_BASIC")
        #expect(mine.classNames == ["n01440764", "n02102040", "n02979186"])
        #expect(mine.train == imagenette.train && mine.test == imagenette.test)
        let samples = try [mine, imagenette].map {
            try BatchLoader.training($0, seed: 3, batchSize: 2).sample(4, epoch: 2)
        }
        #expect(samples[0] == samples[1])
    }

    @Test func soundDataHasNoProblemsButItsSize() throws {
        for name in ["CIFAR10", "CIFAR100"] {
            let problems = try DatasetCatalog.named(name)
                .verify(dataDirectory: readers, environment: [:])
            #expect(problems.isEmpty, "\(problems)")
        }
        let problems = try DatasetCatalog.named("IMAGENETTE")
            .verify(dataDirectory: readers, environment: [:])
        #expect(problems.map(\.reason) == ["3 classes, but IMAGENETTE has 10"])
    }
}
