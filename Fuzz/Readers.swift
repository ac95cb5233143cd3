import Architectures
import Archives
import COCO
import Checkpoints
import Datasets
import FileFormats
import Foundation
import Images
import LocalLearning
import ONNX
import OpenCLBackend
import Reports
import Runs
import Tracking

private typealias Reader = @Sendable (String) throws -> Void

/// Every reader of files that a stranger may have made; `FUZZ_READER` says which one is tried.
///
/// A reader may refuse its input with an error. It may not trap, touch memory that is not its own,
/// take memory without bound, or hang.
private let readers: [String: Reader] = [
    "idx": { _ = try IDXFile(reading: $0, dimensions: 3, maximumBytes: 1 << 20) },
    "gzip": { path in
        let reader = try ByteReader(path)
        while reader.offset < 1 << 20 { _ = try reader.read(1000, field: "bytes") }
    },
    "tracking": { _ = try TrackingFile(reading: $0) },
    "yaml": { _ = try RunConfiguration(reading: $0) },
    "card": { path in
        let card = try ModelCard(metadata: SafetensorsReader(path).metadata, path: path)
        _ = try card?.preparation(path: path)
    },
    "model": { _ = try ModelCard(reading: $0).preparation(path: $0) },
    "run": { _ in
        let html = try RunReport(RunFolder(at: folders.run)).html
        precondition(html.utf8.count < 2_000_000 && !html.contains("<script"))
    },
    "architecture": { path in
        let architecture = try Architecture(
            yaml: String(decoding: try readFile(path), as: UTF8.self))
        _ = try NetworkDescription(architecture, input: [28, 28, 1], classes: 10, rule: LLS())
    },
    // Sealed, so that mutations reach what is behind the check of the SHA-256.
    "manifest": { path in
        let bytes = try readFile(path)
        _ = try? Manifest(parsing: bytes, path: path)
        let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        _ = try Manifest(parsing: Array(try Manifest.sealed(line, path: path).utf8), path: path)
    },
    "tuning": { path in
        let table = try JSONDecoder().decode(TuningTable.self, from: Data(try readFile(path)))
        precondition(table.merging(table) == table && !table.identity.isEmpty)
    },
    "safetensors": { _ = try SafetensorsFile(reading: $0) },
    "onnx": { _ = try ONNXSummary(reading: $0) },
    "coco": { _ = try COCOAnnotations(reading: $0) },
    "vww": { _ = try VisualWakeWordsFile.read($0) },
    "ids": { _ = try readIdentifiers($0) },
    "archive": tryArchive,
    "image": { try tryImage($0) },
    "cifar": { _ in _ = try DatasetCatalog.named("CIFAR10").load(dataDirectory: folders.files) },
    "tar": { _ in _ = try DatasetCatalog.named("CIFAR10").load(dataDirectory: folders.archive) },
    "annotations": { _ in
        _ = try DatasetCatalog.named("TinyIMAGENET").load(dataDirectory: folders.tiny)
    },
]

/// Folders of data sets and of a run in which the file that is tried has the names that a reader looks for.
private let folders: (files: String, archive: String, tiny: String, run: String) = {
    let files = FileManager.default
    let root = path + ".folders"
    func link(_ name: String) {
        let link = "\(root)/\(name)"
        let folder = NSString(string: link).deletingLastPathComponent
        try? files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try? files.createSymbolicLink(atPath: link, withDestinationPath: path)
    }
    for number in 1...5 { link("files/data_batch_\(number).bin") }
    link("files/test_batch.bin")
    link("archive/cifar-10-binary.tar.gz")
    for image in ["train/n1/images/a.JPEG", "train/n2/images/b.JPEG", "val/images/c.JPEG"] {
        link("tiny/tiny-imagenet-200/\(image)")
    }
    link("tiny/tiny-imagenet-200/val/val_annotations.txt")
    for name in ["evaluation.json", "metrics.jsonl", "env.json", "result.json", "command.txt"] {
        link("run/\(name)")
    }
    return (root + "/files", root + "/archive", root + "/tiny", root + "/run")
}()

/// Unpacks an archive into a folder of its own, in which nothing but the target may appear.
@Sendable private func tryArchive(_ path: String) throws {
    let folder = path + ".folder"
    mkdir(folder, 0o755)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let limits = ExtractionLimits(members: 50, bytes: 1 << 20, ratio: 100)
    let result = Result {
        try extractArchive(path, root: "data", to: folder + "/target", limits: limits)
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder)
    switch result {
    case .success(let report):
        precondition(left == ["target"] && report.bytes <= 1 << 20, "left: \(left), \(report)")
    case .failure: precondition(left.isEmpty, "left: \(left)")
    }
}

/// All kinds of decoders take an image, or none; of one with very many pixels one kind is tried, since
/// that is slow under the sanitizers.
@Sendable private func tryImage(_ path: String) throws {
    let bytes = try readFile(path)
    func pixelCount(_ channels: Int, _ appliesOrientation: Bool) throws -> Int {
        let decoder = ImageDecoder(channels: channels, appliesOrientation: appliesOrientation)
        let image = try decoder.decode(bytes, path: path)
        precondition(image.channels == channels && image.stride >= image.width * channels)
        return image.height * image.width
    }
    let first = Result { try pixelCount(1, true) }
    let count = try? first.get()
    if count ?? 0 < 1 << 20 {
        for (channels, turns) in [(3, false), (1, false), (3, true)] {
            let other = try? pixelCount(channels, turns)
            precondition(other == count, "\(count ?? -1) pixels, then \(other ?? -1)")
        }
    }
    _ = try first.get()
}

private let reader: Reader = {
    let name = ProcessInfo.processInfo.environment["FUZZ_READER", default: ""]
    guard let reader = readers[name] else {
        print("FUZZ_READER must be one of \(readers.keys.sorted().joined(separator: " "))")
        exit(64)
    }
    return reader
}()

/// Readers want a file; this one lies in memory where the system has a place for that.
private let path =
    (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()) + "/lls-fuzz-\(getpid())"

@_cdecl("LLVMFuzzerTestOneInput")
public func tryInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(file >= 0 && write(file, bytes, count) == count, "cannot write \(path)")
    close(file)
    let verdict: String
    do {
        try reader(path)
        verdict = "accepted"
    } catch { verdict = "refused: \(error)" }
    let line = verdict.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
    verdicts?.write(Data(line + [UInt8(ascii: "\n")]))
    return 0
}

/// `FUZZ_VERDICTS` names a file that gets a line for every input, to compare with another reader's.
private let verdicts: FileHandle? = {
    guard let file = ProcessInfo.processInfo.environment["FUZZ_VERDICTS"] else { return nil }
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    return FileHandle(forWritingAtPath: file)
}()
