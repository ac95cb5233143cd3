import Datasets
import Foundation
import TestSupport
import Testing

/// Sizes, channels, constants and random changes that a user sets.
@Suite struct PreparationTests {
    private func settings(_ change: (inout PreparationSettings) -> Void) -> PreparationSettings {
        var settings = PreparationSettings()
        change(&settings)
        return settings
    }

    /// Four pixels in memory: red, green, blue and white.
    private func dataset(_ settings: PreparationSettings) throws -> ImageDataset {
        let pixels: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
        let split = ImageSplit(height: 2, width: 2, channels: 3, pixels: pixels, labels: [0])
        let description = try DatasetDescription(
            name: "Four", classNames: ["a", "b"], height: 2, width: 2,
            normalization: Normalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1]),
            training: .none, subfolders: ["four"], format: InMemory(split: split)
        ).prepared(with: settings)
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        return try description.load(dataDirectory: folder.path, environment: [:])
    }

    private struct InMemory: DatasetFormat {
        let split: ImageSplit
        var layouts: [DatasetLayout] { [DatasetLayout([])] }
        func read(_: DatasetLocation, as _: DatasetDescription) -> DatasetContents {
            DatasetContents(
                classNames: ["a", "b"], train: FoundSplit(split), test: FoundSplit(split))
        }
    }

    @Test func aPictureFolderWithTheDefaultsIsPreparedAsBefore() throws {
        let own = try DatasetCatalog.named("folder:/x")
        let size = settings { $0.size = PreparationSettings.Size(height: 128, width: 128) }
        let set = try own.prepared(with: size)
        #expect(set.testing.steps == [.cover(height: 132, width: 132), .centerCrop(side: 128)])
        #expect(own.testing.steps == [.resize(shorterSide: 132), .centerCrop(side: 128)])
        #expect(try own.prepared(with: PreparationSettings()).training == own.training)
        #expect(own.appliesOrientation)
    }

    @Test func greyIsPillowsLuma() throws {
        let data = try dataset(settings { $0.channels = 1 })
        let sample = try BatchLoader.testing(data, batchSize: 1).sample(0, epoch: 0)
        // Image.new("RGB", …).convert("L") of Pillow 9.4: 76, 150, 29, 255.
        #expect(sample == [76, 150, 29, 255].map { Float($0) / 255 })
    }

    @Test func aSampleHasTheSizeThatWasAskedFor() throws {
        let data = try dataset(
            settings { $0.size = PreparationSettings.Size(height: 6, width: 10) })
        #expect(data.shape == SampleShape(height: 6, width: 10, channels: 3))
        let loader = BatchLoader.testing(data, batchSize: 1)
        #expect(try loader.sample(0, epoch: 0).count == 180)
    }

    /// Files whose images have one size are read at that size, whatever a run makes of them.
    @Test func aPublishedDataSetTakesAnotherSizeToo() throws {
        let folder = try TemporaryFolder()
        try TinyData.write(to: folder.url, train: 8, test: 8)
        let set = try DatasetCatalog.named("FashionMNIST").prepared(
            with: settings {
                $0.size = PreparationSettings.Size(height: 12, width: 20)
                $0.channels = 3
            })
        let data = try set.load(dataDirectory: folder.path, environment: [:])
        let sample = try BatchLoader.testing(data, batchSize: 1).sample(0, epoch: 0)
        #expect(sample.count == 12 * 20 * 3)
    }

    @Test(arguments: PreparationSettings.Augmentation.allCases)
    func everyAugmentationGivesSamples(augmentation: PreparationSettings.Augmentation) throws {
        for size in [nil, PreparationSettings.Size(height: 5, width: 3)] {
            let data = try dataset(
                settings {
                    $0.augmentation = augmentation
                    $0.size = size
                })
            #expect(data.training.isRandom == (augmentation != .none))
            let loader = BatchLoader.training(data, seed: 3, batchSize: 1)
            let samples = try (0..<40).map { try loader.sample(0, epoch: $0) }
            #expect((Set(samples).count > 1) == (augmentation != .none))
        }
    }

    @Test func constantsAreMeasured() throws {
        let data = try dataset(PreparationSettings())
        let measured = try data.measureNormalization(threads: 3)
        // Each channel is 255 twice and 0 twice.
        #expect(measured.mean == [0.5, 0.5, 0.5])
        #expect(measured.standardDeviation == [0.5, 0.5, 0.5])
        let sample = try BatchLoader.testing(data.normalized(by: measured), batchSize: 1)
            .sample(0, epoch: 0)
        #expect(sample.reduce(0, +) == 0)
    }

    @Test(arguments: [
        "channels", "mean", "standard deviation", "erasing", "image size",
    ])
    func impossibleSettingsAreNamed(setting: String) throws {
        let bad = settings {
            switch setting {
            case "channels": $0.channels = 2
            case "mean": $0.mean = [1, 2]
            case "standard deviation": $0.standardDeviation = [0]
            case "erasing": $0.erasing = 1.5
            default: $0.size = PreparationSettings.Size(height: 1 << 20, width: 1 << 20)
            }
        }
        let error = try #require(throws: PreparationSettingsError.self) { try dataset(bad) }
        #expect(error.setting == setting)
    }
}
