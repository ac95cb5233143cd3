import Foundation
import TestSupport
import Testing

/// `lls data`: what is known, where it is, what is bad. No test asks the real addresses: a proxy that
/// is not there stands before them.
struct DataCommandTests {
    private let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    private func run(_ arguments: String..., mirror: String? = nil) throws -> Program.Outcome {
        var environment = [
            "HOME": home.path, "LLS_DATA": "", "http_proxy": "http://127.0.0.1:1",
            "https_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1",
        ]
        environment["LLS_MIRROR"] = mirror ?? ""
        return try Program.run(["data"] + arguments, environment: environment, in: home.url)
    }

    @Test func everyDataSetIsListed() throws {
        let outcome = try run("ls", "--json")
        #expect(outcome.status == 0)
        let names = try outcome.output.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require((object as? [String: Any])?["name"] as? String)
        }
        #expect(
            Set(["MNIST", "FashionMNIST", "CIFAR10", "CIFAR100AUG", "VWW"]).isSubset(of: names))
    }

    @Test func thePathIsPrintedAlone() throws {
        let data = try TemporaryFolder()
        try TinyData.write(to: data.url)
        let outcome = try run("path", "fashion-mnist", "--data-dir", data.path)
        #expect(outcome.status == 0)
        #expect(outcome.output == data.path + "\n")
        #expect(try run("path", "CIFAR10").status == 66)
    }

    @Test func aMistypedNameIsExplained() throws {
        for command in ["get", "verify", "path"] {
            let outcome = try run(command, "CIFR10")
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("CIFAR10"))
        }
    }

    @Test func offlineNamesFileAddressSizeSumAndPlace() throws {
        let outcome = try run("get", "CIFAR10AUG", "--offline", "--data-dir", home.path + "/d")
        #expect(outcome.status == 66)
        for mention in [
            home.path + "/d/cifar-10-binary.tar.gz", "170052171 bytes",
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        ] {
            #expect(outcome.output.contains(mention))
        }
        #expect(outcome.errors.split(separator: "\n").count <= 3, "\(outcome.errors)")
        #expect(try home.contents().isEmpty)
    }

    @Test func whatIsNotForDownloadSaysSo() throws {
        let outcome = try run("get", "IMAGENET")
        #expect(outcome.status == 66)
        #expect(outcome.errors.contains("image-net.org"))
    }

    @Test func everyAddressAndItsFailureIsNamed() throws {
        let server = try LoopbackServer { request in
            request.path == "/MNIST/raw/train-images-idx3-ubyte.gz"
                ? [.head(type: "text/html"), .send(Array("<html>".utf8))] : [.head("404 No")]
        }
        let outcome = try run("get", "MNIST", mirror: server.base)
        #expect(outcome.status == 66)
        let address = server.base + "/MNIST/raw/train-images-idx3-ubyte.gz"
        #expect(
            outcome.errors.contains(
                "\(address): the server sent a web page (HTML) instead of the file"))
        #expect(outcome.errors.contains("ossci-datasets"))
        #expect(outcome.errors.contains("cvdf-datasets"))
        #expect(try home.contents(".cache/lls/data/MNIST/raw").isEmpty)
    }

    @Test func allThatIsBadIsListedInOnePass() throws {
        let raw = home.url.appending(path: "FashionMNIST/raw")
        try FileManager.default.createDirectory(at: raw, withIntermediateDirectories: true)
        try TinyData.write(to: raw)
        // Sound files of other images.
        let others = try run("verify", "FashionMNIST", "--data-dir", home.path)
        #expect(others.status == 2 && others.value("files_hashed") == "4")
        #expect(
            others.value("problems") == "4" && others.output.contains("contents are not those of"))
        // A pinned name with other bytes, and a label that no class has.
        for name in ["train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz"] {
            try Data([1, 2, 3]).write(to: raw.appending(path: name))
        }
        let labels = raw.appending(path: "t10k-labels-idx1-ubyte")
        var data = try Data(contentsOf: labels)
        data[20] = 77
        try data.write(to: labels)
        let outcome = try run("verify", "FashionMNIST", "--data-dir", home.path)
        #expect(outcome.status == 2)
        #expect(outcome.value("problems") == "7")
        #expect(outcome.output.contains("wrong size: 3 bytes instead of 26421880"))
        #expect(outcome.output.contains("t10k-images-idx3-ubyte.gz"))
        #expect(outcome.output.contains("class 77"))
        #expect(try run("verify", "CIFAR10").status == 66)
    }

    /// Debian packs the files anew. Wherever they lie, they are the same files.
    @Test func theSameBytesGetTheSameVerdict() throws {
        let raw = home.path + "/FashionMNIST/raw"
        try FileManager.default.createDirectory(
            atPath: home.path + "/FashionMNIST", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: "/usr/share/datasets/fashion-mnist", toPath: raw)
        for arguments in [[], ["--data-dir", home.path]] {
            let outcome = try Program.run(
                ["data", "verify", "FashionMNIST"] + arguments, environment: ["LLS_DATA": ""])
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.value("files_hashed") == "4" && outcome.value("problems") == "0")
        }
    }

    // MARK: Visual Wake Words

    /// COCO's layout with two images a split, one of each with a person.
    private func writeCOCO() throws {
        let files = FileManager.default
        for (split, ids) in [("train", [1, 2]), ("val", [3, 4])] {
            let images = home.path + "/coco/\(split)2014"
            try files.createDirectory(atPath: images, withIntermediateDirectories: true)
            for id in ids {
                #expect(files.createFile(atPath: "\(images)/\(id).jpg", contents: nil))
            }
            let list = ids.map { #"{"id":\#($0),"file_name":"\#($0).jpg","width":9,"height":9}"# }
            let person = #"{"image_id":\#(ids[0]),"category_id":1,"area":9,"bbox":[0,0,3,3]}"#
            let text = """
                {"images":[\(list.joined(separator: ","))],"annotations":[\(person)],
                "categories":[{"id":1,"name":"person"}]}
                """
            let folder = home.path + "/coco/annotations"
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(
                to: URL(filePath: folder + "/instances_\(split)2014.json"))
        }
        _ = try home.put(Array("3\n".utf8), as: "ids.txt")
    }

    private func prepare(_ extra: String...) throws -> Program.Outcome {
        try Program.run(
            ["data", "prepare-vww", "--data-dir", home.path, "--minival", home.path + "/ids.txt"]
                + extra)
    }

    @Test func labelsAreMadeBesideTheAnnotations() throws {
        try writeCOCO()
        let outcome = try prepare()
        #expect(outcome.status == 0)
        #expect(outcome.value("training") == "3")
        #expect(outcome.value("training_positive") == "1")
        #expect(outcome.value("validation") == "1")
        #expect(outcome.value("validation_positive") == "1")
        #expect(
            try home.contents("coco/annotations") == [
                "instances_train.json", "instances_train2014.json", "instances_val.json",
                "instances_val2014.json",
            ])
        #expect(try run("path", "VWW", "--data-dir", home.path).output == home.path + "/coco\n")
    }

    /// From COCO's files to weights, once the images are images.
    @Test func whatIsPreparedCanBeVerifiedAndTrainedOn() throws {
        try writeCOCO()
        #expect(try prepare().status == 0)
        let empty = try run("verify", "VWW", "--data-dir", home.path)
        #expect(empty.status == 2)
        #expect(empty.value("problems") == "4")
        let photograph = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(
                path: "DatasetsTests/Fixtures/readers/imagenette2-160/train/n01440764"
            )
            .appending(path: "n01440764_0.JPEG")
        for place in ["train2014/1", "train2014/2", "val2014/3", "val2014/4"] {
            try Data(contentsOf: photograph).write(
                to: home.url.appending(path: "coco/\(place).jpg"))
        }
        #expect(try run("verify", "VWW", "--data-dir", home.path).status == 0)
        let outcome = try Program.run([
            "train", "--backend", "cpu", "--dataset", "VWW", "--data-dir", home.path, "--runs-dir",
            home.path + "/runs", "--epochs", "1", "--batch-size", "3", "--test-batch-size", "3",
        ])
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test func imagesThatDoNotExistAreListed() throws {
        try writeCOCO()
        try FileManager.default.removeItem(atPath: home.path + "/coco/train2014/2.jpg")
        let outcome = try prepare()
        #expect(outcome.status == 66)
        #expect(outcome.errors.contains("1 image is not in") && outcome.errors.contains("2.jpg"))
        #expect(try home.contents("coco/annotations").count == 2)
        #expect(try prepare("--without-images").status == 0)
    }

    @Test func unknownIdsAreListed() throws {
        try writeCOCO()
        _ = try home.put(Array("3\n99\n".utf8), as: "ids.txt")
        let outcome = try prepare()
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("99"))
        #expect(try home.contents("coco/annotations").count == 2)
    }
}
