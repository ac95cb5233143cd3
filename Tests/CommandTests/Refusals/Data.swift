import FileFormats
import Foundation
import TestSupport

/// Data and weights that must be refused.
extension RefusalTests {
    static let data: [Refusal] = places + weights + pictures

    private static func eval(_ more: String...) -> [String] { ["eval", "--backend", "cpu"] + more }
    private static func plan(_ more: String...) -> [String] {
        ["train", "--backend", "cpu", "--dry-run"] + more
    }

    // MARK: Places

    /// A whole data set is in a system's place, and must not be taken for the one that was named.
    private static let places = [
        Refusal(plan("--data-dir", "none"), 66, "none, which is not a folder"),
        Refusal(
            plan("--data-dir", "here"), 66, "lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte"
        ) {
            try folder($0, "here", ["train-images-idx3-ubyte"])
        },
        Refusal(plan(), 66, "because $LLS_DATA names", environment: ["LLS_DATA": "/no/such"]),
        Refusal(
            ["data", "path", "FashionMNIST"], 66, "nowhere else",
            environment: ["LLS_DATA": "/no/such"]),
        Refusal(
            ["data", "path", "FashionMNIST", "--data-dir", "none"], 66, "Without --data-dir"),
        Refusal(
            ["data", "verify", "FashionMNIST", "--data-dir", "none"], 66, "that folder was named"),
        Refusal(
            ["data", "dump", "--data-dir", "none", "--out", "d"], 66, "none, which is not a folder"),
        Refusal(["bench", "data", "--data-dir", "none"], 66, "none, which is not a folder"),
        Refusal(["data", "get", "FashionMNIST", "--data-dir", "none", "--offline"], 66, "none"),
        Refusal(plan("--dataset", "folder:a", "--data-dir", "b"), 64, "folder:b/a") {
            try TinyPictures.write(to: $0.path + "/a", classes: ["x", "y"])
        },
        Refusal(["data", "verify", "folder:a", "--data-dir", "b"], 64, "--data-dir names the"),
        Refusal(
            ["bench", "data", "--dataset", "folder:a", "--data-dir", "b"], 64, "folder:b/a"),
    ]

    // MARK: Weights

    private static let weights = [
        Refusal(eval("none"), 66, "none"),
        Refusal(eval("empty"), 65, "0 bytes") { try folder($0, "", ["empty"]) },
        Refusal(eval("x.pt"), 65, "Scripts/pth_to_safetensors.py") { folder in
            try Data("PK\u{3}\u{4}archive/data.pkl and more".utf8)
                .write(to: folder.appending(path: "x.pt"))
        },
        Refusal(plan("--init", "x.pth"), 65, "Scripts/pth_to_safetensors.py") { folder in
            try Data([0x80, 0x02] + [UInt8](repeating: 0x63, count: 100))
                .write(to: folder.appending(path: "x.pth"))
        },
        Refusal(plan("--init", "photo"), 65, "header") { folder in
            try Data(tinyPNG { _, _ in (1, 2, 3) }).write(to: folder.appending(path: "photo"))
        },
        Refusal(plan("--init", "run"), 66, "config.yaml") { try folder($0, "run", []) },
        Refusal(plan("--init", "run"), 66, "after each epoch") {
            try folder($0, "run", ["config.yaml"])
        },
        Refusal(eval("w"), 65, "No network here") { try save($0, [:], ["a": [2, 3]]) },
        Refusal(eval("w"), 65, "No network here") {
            try save($0, [:], ["linear.weight": [10, 3]])
        },
        Refusal(eval("w"), 65, "lls.classes") { try save($0, ["lls.classes": "[]"], [:]) },
        Refusal(eval("w"), 65, "'LLS_Huge'") { try save($0, ["lls.model": "LLS_Huge"], [:]) },
        Refusal(eval("w"), 65, "'LLS_New'") { try save($0, ["lls.rule": "LLS_New"], [:]) },
        Refusal(eval("w"), 65, "lacks x, y, z") {
            try save($0, ["lls.classes": #"["x","y","z"]"#], [:])
        },
        // 20 GB of nothing behind a sound header, with little memory to read them into.
        Refusal(plan("--init", "w"), 65, "w", shell: "ulimit -v 6000000;") { folder in
            try save(folder, [:], ["w": [0]])
            let header =
                #"{"w":{"dtype":"F32","shape":[5000000000],"data_offsets":[0,20000000000]}}"#
            let count = UInt64(header.utf8.count)
            let file = folder.appending(path: "w")
            try Data(
                (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8)
            )
            .write(to: file)
            truncate(file.path(), off_t(8 + header.utf8.count + 20_000_000_000))
        },
    ]

    // MARK: Pictures

    private static let pictures = [
        Refusal(plan("--dataset", "photos"), 64, "folder:photos") {
            try TinyPictures.write(to: $0.path + "/photos", classes: ["x", "y"])
        },
        Refusal(plan("--dataset", "folder:none"), 66, "none"),
        Refusal(plan("--dataset", "folder:p"), 65, "it contains no class folder") {
            try folder($0, "p/train", ["x"])
        },
        Refusal(plan("--dataset", "folder:p", "--val-split", "0.5"), 65, "Leave out --val-split") {
            try TinyPictures.write(to: $0.path + "/p", classes: ["x", "y"])
        },
        Refusal(plan("--dataset", "folder:p/train/x"), 65, "pictures are in no class folder") {
            try TinyPictures.write(to: $0.path + "/p", classes: ["x", "y"])
        },
        Refusal(plan("--dataset", "folder:p", "--class-weights", "w.yaml"), 78, "of class 'y'") {
            try TinyPictures.write(to: $0.path + "/p", classes: ["x", "y"])
            try Data("x: 2\n".utf8).write(to: $0.appending(path: "w.yaml"))
        },
        Refusal(plan("--dataset", "folder:p", "--class-weights", "w.yaml"), 78, "class 'z'") {
            try TinyPictures.write(to: $0.path + "/p", classes: ["x", "y"])
            try Data("x: 2\ny: 1\nz: 1\n".utf8).write(to: $0.appending(path: "w.yaml"))
        },
        Refusal(plan("--dataset", "folder:p", "--class-weights", "w.yaml"), 78, "from 1e-09") {
            try TinyPictures.write(to: $0.path + "/p", classes: ["x", "y"])
            try Data("x: 0\ny: 1\n".utf8).write(to: $0.appending(path: "w.yaml"))
        },
        Refusal(plan("--dataset", "folder:p", "--class-weights", "w.yaml"), 78, "CLASS: WEIGHT") {
            try TinyPictures.write(to: $0.path + "/p", classes: ["x", "y"])
            try Data("[1, 2]\n".utf8).write(to: $0.appending(path: "w.yaml"))
        },
        Refusal(plan("--dataset", "folder:p", "--class-weights", "none.yaml"), 66, "none.yaml") {
            try TinyPictures.write(to: $0.path + "/p", classes: ["x", "y"])
        },
        Refusal(plan("--dataset", "folder:p"), 65, "but 4 .svg") { place in
            try TinyPictures.write(to: place.path + "/p", classes: ["x", "y"])
            try folder(place, "p/train/z", ["1.svg", "2.svg", "3.svg", "4.svg"])
        },
        Refusal(["data", "dump", "--dataset", "folder:p", "--out", "d"], 65, "and 5 more") {
            place in
            try TinyPictures.write(to: place.path + "/p", classes: ["x", "y"])
            try folder(place, "p/val/x", (0..<8).map { "bad\($0).png" })
        },
        Refusal(
            ["data", "dump", "--dataset", "folder:p", "--index", "0", "--out", "d"], 65,
            "178956971 × 1"
        ) {
            place in
            try TinyPictures.write(to: place.path + "/p", classes: ["x", "y"])
            var image = tinyPNG(height: 1, width: 1) { _, _ in (0, 0, 0) }
            image.replaceSubrange(
                8..<33,
                with: pngChunk("IHDR", [0x0A, 0xAA, 0xAA, 0xAB, 0, 0, 0, 1, 8, 2, 0, 0, 0]))
            try Data(image).write(to: place.appending(path: "p/val/x/0.png"))
        },
        Refusal(plan("--dataset", "folder:p"), 65, "train has no class w") { place in
            try TinyPictures.write(to: place.path + "/p", classes: ["x", "y"])
            try folder(place, "p/val/w", ["1.png"])
        },
    ]

    /// A folder of empty files.
    private static func folder(_ root: URL, _ name: String, _ files: [String]) throws {
        let folder = name.isEmpty ? root : root.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in files { try Data().write(to: folder.appending(path: file)) }
    }

    /// A weights file, `w`, of zeros.
    private static func save(
        _ root: URL, _ metadata: [String: String], _ shapes: [String: [Int]]
    ) throws {
        var file = SafetensorsFile(metadata: metadata)
        for (name, shape) in shapes {
            file[name] = .init(
                [Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
        }
        try file.write(to: root.path + "/w")
    }
}
