import FileFormats
import Foundation
import TestSupport
import Testing

/// The small data sets that are committed beside the tests of their readers.
private let readers = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "DatasetsTests/Fixtures/readers")
    .path(percentEncoded: false)

/// Training, and looking, at data sets in every format.
struct DataTests {
    /// From the files to weights.
    @Test(arguments: [
        ("CIFAR10", "", 4), ("CIFAR10AUG", "archives", 4), ("CIFAR100", "", 3),
        ("CIFAR100AUG", "archives", 3), ("TinyIMAGENET", "", 3), ("TinyIMAGENET", "sorted", 3),
        ("IMAGENETTE", "", 3), ("IMAGENETTE_BASIC", "", 3), ("IMAGENET", "imagenette2-160", 3),
        ("folder:\(readers)/imagenette2-160", "", 3), ("VWW", "", 3),
    ])
    func everyFormatTrains(name: String, folder: String, batch: Int) throws {
        let (root, runs) = (try TemporaryFolder(), try TemporaryFolder())
        // ImageNet is known by its folder's name.
        let data = root.path + "/imagenet"
        try FileManager.default.createSymbolicLink(
            atPath: data, withDestinationPath: readers + "/" + folder)
        let outcome = try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", name, "--runs-dir", runs.path, "--epochs",
                "1",
                "--batch-size", "\(batch)", "--test-batch-size", "3",
            ]
                + (name.hasPrefix("folder:")
                    ? [] : ["--data-dir", name == "IMAGENET" ? root.path : data]))
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.lastLine.hasPrefix("result epochs=1 "))
        let run = try #require(outcome.value("run"))
        #expect(FileManager.default.fileExists(atPath: run + "/weights/last.safetensors"))
    }

    @Test(arguments: [
        "MNIST", "CIFAR10", "CIFAR10AUG", "CIFAR100", "CIFAR100AUG", "TinyIMAGENET", "IMAGENETTE",
        "IMAGENETTE_BASIC", "IMAGENET", "VWW", "folder:/no/such/folder",
    ])
    func aMissingDataSetIsNamed(name: String) throws {
        let empty = try TemporaryFolder()
        let outcome = try Program.run(
            ["train", "--backend", "cpu", "--dataset", name, "--dry-run"],
            environment: ["LLS_DATA": empty.path, "HOME": empty.path])
        #expect(outcome.status == 66, "\(outcome)")
        let place = name.hasPrefix("folder:") ? "/no/such/folder" : empty.path
        #expect(outcome.errors.contains(place), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    /// What named the place may be gone, or name another, when the run is repeated.
    @Test func thePlaceOfTheDataIsRecorded() throws {
        let (data, runs) = (try TemporaryFolder(), try TemporaryFolder())
        try TinyData.write(to: data.url)
        let train = ["train", "--backend", "cpu", "--epochs", "1", "--runs-dir", runs.path]
        let environment = ["LLS_DATA": data.path, "HOME": runs.path]
        let outcome = try Program.run(train, environment: environment)
        let run = try #require(outcome.value("run"), "\(outcome)")
        let configuration = try String(contentsOfFile: run + "/config.yaml", encoding: .utf8)
        #expect(configuration.contains("data-dir: \(data.path)\n"), "\(configuration)")
        let elsewhere = ["LLS_DATA": "", "HOME": runs.path]
        let evaluation = try Program.run(["eval", run, "--backend", "cpu"], environment: elsewhere)
        #expect(evaluation.status == 0, "\(evaluation)")
        #expect(evaluation.value("test_top1") == outcome.value("test_top1"))
        // A data set that names its place has no other.
        let pictures = "folder:\(readers)/imagenette2-160"
        let own = try Program.run(
            train + ["--dataset", pictures, "--batch-size", "3"], environment: environment)
        let second = try #require(own.value("run"), "\(own)")
        #expect(
            try String(contentsOfFile: second + "/config.yaml", encoding: .utf8)
                .contains("data-dir: null\n"))
    }

    @Test func aDryRunDecodesNothing() throws {
        let data = try withBadImages()
        let outcome = try Program.run([
            "train", "--backend", "cpu", "--dataset", "IMAGENETTE", "--data-dir", data.path,
            "--batch-size", "4", "--dry-run",
        ])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("8 train / 10 test, 3 classes"), "\(outcome.output)")
    }

    @Test func allBadImagesAreListedAtOnce() throws {
        let (data, runs) = (try withBadImages(), try TemporaryFolder())
        let outcome = try train(data, runs, [])
        #expect(outcome.status == 65, "\(outcome)")
        for name in ["empty.jpg", "cut.jpg", "text.png"] {
            #expect(outcome.errors.contains(name), "\(outcome.errors)")
        }
        #expect(outcome.errors.contains("--bad-images skip"))
        #expect(outcome.output.isEmpty)
    }

    @Test func badImagesAreLeftOutAndCounted() throws {
        let (data, runs) = (try withBadImages(), try TemporaryFolder())
        let outcome = try train(data, runs, ["--bad-images", "skip"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.value("skipped_images") == "3")
        #expect(outcome.errors.contains("6 train / 9 test"))
        // As if they had never been there.
        let sound = try TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: readers + "/imagenette2-160", toPath: sound.path + "/imagenette2-160")
        let other = try train(sound, runs, [])
        let weights = try [outcome, other].map { outcome in
            let run = try #require(outcome.value("run"))
            return try Data(contentsOf: URL(filePath: run + "/weights/last.safetensors"))
        }
        #expect(weights[0] == weights[1])
        #expect(other.value("skipped_images") == nil)
    }

    private func train(
        _ data: TemporaryFolder, _ runs: TemporaryFolder, _ more: [String]
    ) throws -> Program.Outcome {
        try Program.run(
            [
                "train", "--backend", "cpu", "--dataset", "IMAGENETTE", "--data-dir", data.path,
                "--runs-dir", runs.path, "--epochs", "1", "--batch-size", "3",
            ] + more)
    }

    private func withBadImages() throws -> TemporaryFolder {
        let root = try TemporaryFolder()
        let folder = root.path + "/imagenette2-160"
        try FileManager.default.copyItem(atPath: readers + "/imagenette2-160", toPath: folder)
        let whole = try Data(
            contentsOf: URL(filePath: folder + "/train/n01440764/n01440764_0.JPEG"))
        for (name, bytes) in [
            ("train/n01440764/empty.jpg", Data()), ("train/n02979186/cut.jpg", whole.dropLast(900)),
            ("val/n02102040/text.png", Data("text".utf8)),
        ] {
            try bytes.write(to: URL(filePath: folder + "/" + name))
        }
        return root
    }
}

/// `lls data dump` and `lls bench data`.
struct DumpTests {
    private func dump(_ arguments: [String]) throws -> (Program.Outcome, SafetensorsFile?) {
        let folder = try TemporaryFolder()
        let file = folder.path + "/dump.safetensors"
        let outcome = try Program.run(
            ["data", "dump", "--data-dir", readers, "--out", file] + arguments)
        return (outcome, outcome.status == 0 ? try SafetensorsFile(reading: file) : nil)
    }

    @Test func itIsWhatTheNetworkSees() throws {
        let (outcome, file) = try dump(["--dataset", "CIFAR10", "--index", "0..2"])
        #expect(outcome.status == 0, "\(outcome)")
        let images = try #require(file?["images"])
        #expect(images.shape == [3, 3, 32, 32] && images.type == .float32)
        let bytes = [UInt8](
            try Data(
                contentsOf: URL(filePath: readers + "/cifar-10-batches-bin/test_batch.bin")))
        let floats = try #require(try file?.floats("images", shape: images.shape))
        let labels = try #require(file?["labels"]).bytes
        for sample in 0..<3 {
            #expect(labels[labels.startIndex + 8 * sample] == bytes[sample * 3073])
            // The planes of the file, in the file's order, normalised.
            for place in [0, 1, 31, 1024, 2047, 2048, 3071] {
                let (mean, deviation): (Float, Float) =
                    [(0.4914, 0.2023), (0.4822, 0.1994), (0.4465, 0.2010)][place / 1024]
                let expected = (Float(bytes[sample * 3073 + 1 + place]) / 255 - mean) / deviation
                #expect(floats[sample * 3072 + place] == expected)
            }
        }
    }

    @Test func augmentationIsAFunctionOfSeedEpochAndIndex() throws {
        func images(_ arguments: [String]) throws -> [Float] {
            let (outcome, file) = try dump(
                ["--dataset", "CIFAR10AUG", "--split", "train", "--augment"] + arguments)
            let entry = try #require(file?["images"], "\(outcome)")
            return try #require(try file?.floats("images", shape: entry.shape))
        }
        let first = try images(["--index", "0..9", "--epoch", "2", "--seed", "5"])
        #expect(first == (try images(["--index", "0..9", "--epoch", "2", "--seed", "5"])))
        let some = try images(["--index", "7,2..3", "--epoch", "2", "--seed", "5"])
        #expect(some == Array(first[(7 * 3072)..<(8 * 3072)] + first[(2 * 3072)..<(4 * 3072)]))
        #expect(first != (try images(["--index", "0..9", "--epoch", "3", "--seed", "5"])))
        #expect(first != (try images(["--index", "0..9", "--epoch", "2", "--seed", "6"])))
    }

    @Test(arguments: [
        (["--dataset", "CIFAR10", "--index", "3"], 64, "3 samples"),
        (["--dataset", "CIFAR10", "--index", "5..2"], 64, "5..2"),
        (["--dataset", "CIFAR10", "--index=-1"], 64, "-1"),
        (["--dataset", "CIFAR10", "--index", ""], 64, "--index"),
        (["--dataset", "CIFAR10", "--augment"], 64, "--split train"),
        (["--dataset", "CIFAR11"], 64, "Did you mean 'CIFAR1"),
        (["--dataset", "CIFAR10", "--epoch", "0"], 64, "--epoch"),
        (["--dataset", "MNIST"], 66, readers),
        (["--dataset", "CIFAR10", "--index", "0", "--out", "/no/such/folder/x"], 73, "/no/such"),
    ])
    func badRequestsAreExplained(arguments: [String], status: Int, mention: String) throws {
        let (outcome, _) = try dump(arguments)
        #expect(outcome.status == Int32(status), "\(outcome)")
        #expect(outcome.errors.contains(mention), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test func theBenchmarkIsReadableByPrograms() throws {
        let outcome = try Program.run([
            "bench", "data", "--dataset", "IMAGENETTE", "--data-dir", readers, "--batch", "3",
            "--threads", "2", "--seconds", "0.05", "--json",
        ])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.lastLine.utf8)) as? [String: Any])
        #expect(object["dataset"] as? String == "IMAGENETTE" && object["threads"] as? Int == 2)
        #expect(try #require(object["samples_per_second"] as? Double) > 0)
    }
}
