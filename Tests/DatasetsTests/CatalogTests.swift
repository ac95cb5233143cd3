import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct CatalogTests {
    /// Spec: classes, height, width and channels of what the network sees.
    @Test(arguments: [
        ("MNIST", 10, [28, 28, 1]), ("FashionMNIST", 10, [28, 28, 1]),
        ("CIFAR10", 10, [32, 32, 3]), ("CIFAR10AUG", 10, [32, 32, 3]),
        ("CIFAR100", 100, [32, 32, 3]), ("CIFAR100AUG", 100, [32, 32, 3]),
        ("TinyIMAGENET", 200, [64, 64, 3]), ("IMAGENETTE", 10, [128, 128, 3]),
        ("IMAGENETTE_BASIC", 10, [128, 128, 3]), ("IMAGENET", 1000, [128, 128, 3]),
        ("VWW", 2, [128, 128, 3]),
    ])
    func everyPublishedNameIsKnown(name: String, classes: Int, shape: [Int]) throws {
        let found = try DatasetCatalog.named(name)
        #expect(found.name == name)
        #expect(found.classCount == classes)
        #expect([found.height, found.width, found.channels] == shape)
        if let names = found.classNames {
            #expect(names.count == classes && Set(names).count == classes)
        }
        #expect(found.normalization.mean.count == found.channels)
    }

    @Test func thereAreNoOthers() {
        #expect(DatasetCatalog.all.count == 11)
    }

    @Test func anEmptyFolderIsNamedWhateverIsLookedFor() throws {
        let folder = try TemporaryFolder()
        for description in DatasetCatalog.all where description.name != "FashionMNIST" {
            let error = try #require(throws: DatasetError.self, "\(description.name)") {
                try description.locate(dataDirectory: folder.path, environment: [:])
            }
            #expect(error.category.exitCode == 66)
            #expect(error.description.contains(folder.path))
            let lines = description.advice == nil ? 2 : 3
            #expect(error.description.split(separator: "\n").count == lines)
        }
    }

    @Test(arguments: [
        ("CIFAR10", ["cifar-10-batches-bin/data_batch_1.bin"], "lacks data_batch_2.bin"),
        ("IMAGENETTE", ["imagenette2-160/train/x"], "lacks val"),
        (
            "TinyIMAGENET", ["tiny-imagenet-200/train/x", "tiny-imagenet-200/words.txt"],
            "lacks val"
        ),
        ("VWW", ["coco/annotations/instances_val.json"], "lacks annotations/instances_train.json"),
    ])
    func aPartIsNotTakenForTheWhole(name: String, files: [String], mention: String) throws {
        let root = try layOut(files)
        let error = try #require(throws: DatasetError.self) {
            try DatasetCatalog.named(name).locate(dataDirectory: root.path, environment: [:])
        }
        #expect(error.description.contains(mention), "\(error)")
    }

    @Test(arguments: [
        ("CIFAR10AUG", ["cifar-10-binary.tar.gz"], ""),
        (
            "CIFAR100", ["cifar-100-binary/train.bin", "cifar-100-binary/test.bin"],
            "cifar-100-binary"
        ),
        (
            "IMAGENETTE_BASIC", ["imagenette2-160/train/x", "imagenette2-160/val/x"],
            "imagenette2-160"
        ),
        ("IMAGENET", ["train/x", "val/x"], ""),
        (
            "VWW",
            [
                "coco/annotations/instances_val.json", "coco/instances_train.json",
                "coco/train2014/x", "coco/val2014/x",
            ], "coco"
        ),
    ])
    func theUsualPlacesAreLookedAt(name: String, files: [String], folder: String) throws {
        let root = try layOut(files)
        let place = try DatasetCatalog.named(name)
            .locate(dataDirectory: root.path, environment: [:])
        #expect(place.folder == (folder.isEmpty ? root.path : root.path + "/" + folder))
    }

    @Test func dataSetsThatShareAFolderBothFindIt() throws {
        let root = try layOut(["imagenette2-160/train/x", "imagenette2-160/val/x"])
        let folder = root.path + "/imagenette2-160"
        for name in ["IMAGENETTE", "IMAGENETTE_BASIC"] {
            let place = try DatasetCatalog.named(name)
                .locate(dataDirectory: folder, environment: [:])
            #expect(place.folder == folder)
        }
        // ImageNet's folders look the same inside.
        #expect(throws: DatasetError.self) {
            try DatasetCatalog.named("IMAGENET").locate(dataDirectory: folder, environment: [:])
        }
    }

    @Test func aFolderOfOnesOwnIsLookedForNowhereElse() throws {
        let root = try layOut(["Mine/train/x", "Mine/val/x"])
        let mine = try DatasetCatalog.named("folder:" + root.path + "/Mine")
        #expect(mine.classCount == nil)
        #expect(try mine.locate(environment: [:]).folder == root.path + "/Mine")
        let nowhere = try DatasetCatalog.named("folder:/no/such")
        let error = try #require(throws: DatasetError.self) {
            try nowhere.locate(environment: ["LLS_DATA": root.path])
        }
        #expect(error.description.contains("Searched /no/such, which is not a folder."))
    }

    /// A folder with these files, all empty.
    private func layOut(_ files: [String]) throws -> TemporaryFolder {
        let root = try TemporaryFolder()
        for file in files {
            let url = root.url.appending(path: file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: url)
        }
        return root
    }
}
