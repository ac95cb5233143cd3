import Datasets
import FileFormats
import Foundation
import TestSupport
import Testing

let fixtures = Bundle.module.bundlePath + "/Fixtures"

/// The bytes of a split that is held in memory.
func pixels(_ split: ImageSplit) throws -> [UInt8] {
    guard case .pixels(let array) = split.images else { throw CocoaError(.featureUnsupported) }
    return array.bytes
}

@Suite struct DatasetFilesTests {
    @Test func readsTorchvisionsLayoutPlainAndZipped() throws {
        let dataset = try DatasetCatalog.named("fashion-mnist")
            .load(dataDirectory: fixtures, environment: [:])
        #expect(dataset.name == "FashionMNIST")
        #expect(dataset.folder == fixtures + "/FashionMNIST/raw")
        #expect(dataset.train.count == 20 && dataset.test.count == 7)
        #expect(dataset.train.labels == (0..<20).map { Int32($0 % 10) })
        #expect(try pixels(dataset.train).count == 20 * 784)
        #expect(dataset.classNames.count == 10 && dataset.classNames[9] == "Ankle boot")
    }

    /// From the package that `make test` installs.
    @Test func readsDebiansFashionMNIST() throws {
        let dataset = try DatasetCatalog.named("FashionMNIST").load(environment: [:])
        #expect(dataset.train.count == 60_000 && dataset.test.count == 10_000)
        #expect(dataset.train.labels.prefix(10) == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5])
        #expect(dataset.test.labels.prefix(10) == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])
        let sum = try pixels(dataset.train).reduce(0) { $0 + Int($1) }
        // The published mean, 0.2860, to all digits.
        #expect(abs(Double(sum) / 255 / (60_000 * 784) - 0.28604) < 1e-5)
        for label in 0..<Int32(10) {
            #expect(dataset.train.labels.count(where: { $0 == label }) == 6_000)
        }
    }

    @Test func namesMatchWithoutCaseAndDashes() throws {
        #expect(try DatasetCatalog.named("Fashion_MNIST").name == "FashionMNIST")
        #expect(try DatasetCatalog.named("mnist").name == "MNIST")
        let error = try #require(throws: DatasetError.self) {
            try DatasetCatalog.named("fashoin-mnist")
        }
        #expect(error.description.contains("Did you mean 'FashionMNIST'?"))
        #expect(error.category.exitCode == 64)
    }

    @Test func looksInTheGivenFolderThenTheEnvironmentThenTheSystem() throws {
        let folders = try DatasetCatalog.named("mnist").searchFolders(
            dataDirectory: "/given", environment: ["LLS_DATA": "/variable", "HOME": "/home/me"])
        #expect(
            folders == [
                "/given/MNIST/raw", "/given/MNIST", "/given/mnist", "/given",
                "/variable/MNIST/raw", "/variable/MNIST", "/variable/mnist", "/variable",
                "/home/me/.cache/lls/data/MNIST/raw", "/home/me/.cache/lls/data/MNIST",
                "/home/me/.cache/lls/data/mnist", "/home/me/.cache/lls/data",
                "/usr/share/datasets/mnist",
            ])
    }

    @Test func aFolderOfAnotherDataSetIsNotTaken() throws {
        let folder = fixtures + "/FashionMNIST/raw"
        let mnist = try DatasetCatalog.named("mnist")
        #expect(throws: DatasetError.self) {
            try mnist.load(dataDirectory: folder, environment: [:])
        }
        let fashion = try DatasetCatalog.named("fashionmnist")
        #expect(try fashion.load(dataDirectory: folder, environment: [:]).train.count == 20)
    }

    @Test func aMissingDataSetNamesEveryFolderAndTheCure() throws {
        let folder = try TemporaryFolder()
        _ = try folder.put([0], as: "train-images-idx3-ubyte")
        let mnist = try DatasetCatalog.named("mnist")
        let error = try #require(throws: DatasetError.self) {
            try mnist.load(dataDirectory: folder.path, environment: ["LLS_DATA": "/nowhere"])
        }
        #expect(error.category.exitCode == 66)
        for path in ["/nowhere/MNIST/raw", "/usr/share/datasets/mnist", folder.path] {
            #expect(error.description.contains(path))
        }
        #expect(error.description.contains("lacks train-labels-idx1-ubyte"))
        #expect(error.description.split(separator: "\n").count == 3)
    }
}

/// What a file of images or labels can have wrong although it is good IDX.
@Suite struct InconsistentFilesTests {
    private func idx(_ extents: [Int], _ elements: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(extents.count)]
            + extents.flatMap { extent in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: extent >> $0) }
            } + elements
    }

    private func load(images: [UInt8], labels: [UInt8]) throws -> ImageDataset {
        let folder = try TemporaryFolder()
        for split in ["train", "t10k"] {
            _ = try folder.put(images, as: "\(split)-images-idx3-ubyte")
            _ = try folder.put(labels, as: "\(split)-labels-idx1-ubyte")
        }
        return try DatasetCatalog.named("mnist").load(
            dataDirectory: folder.path, environment: [:])
    }

    private func images(_ count: Int, _ height: Int = 28, _ width: Int = 28) -> [UInt8] {
        idx([count, height, width], [UInt8](repeating: 7, count: count * height * width))
    }

    @Test func soundFilesAreTaken() throws {
        let dataset = try load(images: images(2), labels: idx([2], [9, 0]))
        #expect(dataset.train.labels == [9, 0] && dataset.test.count == 2)
    }

    @Test func theFieldAndItsOffsetAreNamed() throws {
        let cases: [(images: [UInt8], labels: [UInt8], field: String, offset: Int)] = [
            (images(2), idx([3], [1, 2, 3]), "extent 0", 4),
            (images(2), idx([1], [1]), "extent 0", 4),
            (images(2), idx([2], [9, 10]), "label 1", 9),
            (images(2), idx([2], [255, 0]), "label 0", 8),
            (images(2, 27, 28), idx([2], [1, 2]), "image size", 8),
            (images(2, 28, 32), idx([2], [1, 2]), "image size", 8),
            (images(0), idx([0], []), "extent 0", 4),
            (idx([2], [1, 2]), idx([2], [1, 2]), "number of dimensions", 3),
            (images(2), images(2), "number of dimensions", 3),
        ]
        for (index, wrong) in cases.enumerated() {
            let error = try #require(throws: FileError.self, "case \(index)") {
                try load(images: wrong.images, labels: wrong.labels)
            }
            #expect(error.category == .malformedData, "case \(index)")
            #expect(error.field == wrong.field && error.offset == wrong.offset, "case \(index)")
        }
    }
}
