import Datasets
import Foundation
import Testing

/// The floats and labels of one batch.
struct Batch: Equatable {
    var images: [Float]
    var labels: [Int32]

    init(_ loader: inout BatchLoader, epoch: Int, batch: Int) throws {
        images = [Float](repeating: .nan, count: loader.batchSize * loader.shape.count)
        labels = [Int32](repeating: -1, count: loader.batchSize)
        let count = try images.withUnsafeMutableBufferPointer { images in
            try labels.withUnsafeMutableBufferPointer { labels in
                try loader.fill(epoch: epoch, batch: batch, images: images, labels: labels)
            }
        }
        images.removeLast((loader.batchSize - count) * loader.shape.count)
        labels.removeLast(loader.batchSize - count)
    }
}

/// What the committed script computed with torch and numpy.
struct Expectations: Decodable {
    /// Bit patterns of the 256 normalised bytes, by data set.
    let tables: [String: [UInt32]]
    /// For each (top, left) the position-weighted sum of the crop, as it is and mirrored.
    let crops: [[Int]]

    static func load() throws -> Expectations {
        let data = try Data(contentsOf: URL(fileURLWithPath: fixtures + "/preparation.json"))
        return try JSONDecoder().decode(Expectations.self, from: data)
    }
}

/// `count` images of 3 × 5 pixels and 2 channels, all pixels of image i being different from
/// those of its neighbours; labelled with their place.
func numberedSplit(_ count: Int) -> ImageSplit {
    ImageSplit(
        height: 3, width: 5, channels: 2, pixels: numberedPixels(count),
        labels: (0..<Int32(count)).map { $0 })
}

func numberedPixels(_ count: Int) -> [UInt8] {
    (0..<count * 30).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 30) }
}

let numberedShape = SampleShape(height: 3, width: 5, channels: 2)

let twoChannels = Normalization(mean: [0.25, 0.5], standardDeviation: [0.5, 2])

@Suite struct BatchLoaderTests {
    @Test func normalisesToTorchsBits() throws {
        let tables = try Expectations.load().tables
        for (name, expected) in tables {
            let description = try DatasetCatalog.named(name)
            let split = ImageSplit(
                height: 16, width: 16, channels: 1, pixels: (0...255).map { UInt8($0) },
                labels: [0])
            var loader = BatchLoader(
                split, shape: SampleShape(height: 16, width: 16, channels: 1),
                normalization: description.normalization, batchSize: 1)
            let batch = try Batch(&loader, epoch: 0, batch: 0)
            #expect(batch.images.map(\.bitPattern) == expected, "\(name)")
        }
        #expect(tables.count == 2)
    }

    @Test func testBatchesComeInOrderAndUnchanged() throws {
        var loader = BatchLoader(
            numberedSplit(10), shape: numberedShape, normalization: twoChannels, batchSize: 4,
            limit: 9)
        #expect(loader.sampleCount == 9 && loader.batchCount == 3)
        let batches = try (0..<3).map { try Batch(&loader, epoch: 5, batch: $0) }
        #expect(batches.map(\.labels) == [[0, 1, 2, 3], [4, 5, 6, 7], [8]])
        let expected = numberedPixels(10).prefix(9 * 30).enumerated().map { place, pixel in
            place % 2 == 0 ? (Float(pixel) / 255 - 0.25) / 0.5 : (Float(pixel) / 255 - 0.5) / 2
        }
        #expect(batches.flatMap(\.images) == expected)
    }

    @Test func anEpochIsAPermutationOfItsOwn() {
        let loader = BatchLoader(
            numberedSplit(1000), shape: numberedShape, normalization: twoChannels, seed: 3,
            batchSize: 7, limit: 900)
        let first = loader.order(epoch: 0)
        #expect(first.sorted() == Array(0..<900))
        #expect(first == loader.order(epoch: 0))
        #expect(first != loader.order(epoch: 1))
        let reseeded = BatchLoader(
            numberedSplit(1000), shape: numberedShape, normalization: twoChannels, seed: 4,
            batchSize: 7, limit: 900)
        #expect(first != reseeded.order(epoch: 0))
        // A shuffled place is on average a third of the whole away from the old one.
        let moved = first.enumerated().reduce(0) { $0 + abs($1.offset - Int($1.element)) }
        #expect(abs(Double(moved) / 900 - 300) < 20)
    }

    @Test func aSampleDependsOnSeedEpochAndIndexAlone() throws {
        func samples(batchSize: Int, epoch: Int, limit: Int? = nil) throws -> [Int32: [Float]] {
            var loader = BatchLoader(
                numberedSplit(50), shape: numberedShape, normalization: twoChannels,
                transform: ImageTransform([
                    .randomCrop(height: 3, width: 5, padding: 2), .randomFlip,
                ]),
                seed: 11, batchSize: batchSize, limit: limit)
            var found: [Int32: [Float]] = [:]
            // Backwards, so that nothing can depend on what was asked before.
            for batch in (0..<loader.batchCount).reversed() {
                let batch = try Batch(&loader, epoch: epoch, batch: batch)
                for (place, label) in batch.labels.enumerated() {
                    found[label] = Array(batch.images[place * 30..<place * 30 + 30])
                }
            }
            return found
        }
        let whole = try samples(batchSize: 50, epoch: 2)
        #expect(whole.count == 50)
        #expect(try whole == samples(batchSize: 7, epoch: 2))
        #expect(try whole != samples(batchSize: 50, epoch: 3))
        for (label, image) in try samples(batchSize: 8, epoch: 2, limit: 20) {
            #expect(whole[label] == image)
        }
    }

    /// 10,000 copies of one image: every crop is numpy's, every offset and either side as likely.
    @Test func cropsAreUniformAndEverySecondImageIsMirrored() throws {
        let crops = try Expectations.load().crops
        let fashion = try DatasetCatalog.named("fashionmnist")
            .load(dataDirectory: fixtures, environment: [:])
        let image = Array(try pixels(fashion.train).prefix(784))
        let count = 10_000
        let split = ImageSplit(
            height: 28, width: 28, channels: 1,
            pixels: (0..<count).flatMap { _ in image },
            labels: [Int32](repeating: 0, count: count))
        var loader = BatchLoader(
            split, shape: fashion.shape,
            normalization: Normalization(mean: [0], standardDeviation: [1 / 255]),
            transform: fashion.training, seed: 0, batchSize: 500)
        var meanings: [Int: (offset: Int, mirrored: Bool)] = [:]
        for (offset, sums) in crops.enumerated() {
            meanings[sums[0]] = (offset, false)
            meanings[sums[1]] = (offset, true)
        }
        #expect(meanings.count == 162)
        var offsets = [Int](repeating: 0, count: 81)
        var mirrored = 0
        for batch in 0..<loader.batchCount {
            let images = try Batch(&loader, epoch: 0, batch: batch).images
            for sample in 0..<500 {
                let sum = (0..<784).reduce(0) {
                    $0 + Int(images[sample * 784 + $1].rounded()) * ($1 + 1)
                }
                let meaning = try #require(meanings[sum], "no crop has the sum \(sum)")
                offsets[meaning.offset] += 1
                if meaning.mirrored { mirrored += 1 }
            }
        }
        let expected = Double(count) / 81
        let chiSquare = offsets.reduce(0) { $0 + pow(Double($1) - expected, 2) / expected }
        #expect(chiSquare < 124.8, "80 degrees of freedom: above this once in a thousand")
        #expect(abs(Double(mirrored) / Double(count) - 0.5) < 0.015, "three standard deviations")
    }

    /// Classes are weighed by the samples that are used.
    @Test func countsFollowTheLimit() {
        let split = ImageSplit(
            height: 1, width: 1, channels: 1, pixels: [UInt8](repeating: 0, count: 12),
            labels: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
        let data = ImageDataset(
            name: "made", classNames: ["a", "b"], train: split, test: split,
            shape: SampleShape(height: 1, width: 1, channels: 1),
            normalization: Normalization(mean: [0], standardDeviation: [1]),
            training: ImageTransform([]), testing: ImageTransform([]), folder: "")
        #expect(data.trainingCounts() == [8, 4])
        #expect(data.trainingCounts(limit: 100) == [8, 4])
        let limited = data.trainingCounts(limit: 6)
        #expect(limited.reduce(0, +) == 6)
        let used = split.places(limit: 6) ?? []
        #expect(limited[0] == used.filter { $0 < 8 }.count)
    }

}
