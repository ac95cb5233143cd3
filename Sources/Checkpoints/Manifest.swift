import FileFormats
import LocalLearning

/// What a checkpoint's folder holds: the first line of `manifest.jsonl`. The second line has the
/// SHA-256 of the first, so that no byte of it can change unseen.
package struct Manifest: Codable, Equatable {
    /// A file of the checkpoint.
    struct File: Codable, Equatable {
        var name: String
        var size: Int
        /// In lower-case hexadecimal.
        var sha256: String
    }

    /// What of an optimizer is no tensor.
    struct OptimizerNumbers: Codable, Equatable {
        var learningRate: Double
        var numbers: [String: Double]
    }

    /// A greater one is of a newer version.
    static let currentFormat = 1

    var format = Self.currentFormat
    var position: TrainingPosition
    var optimizers: [OptimizerNumbers]
    /// What the program that trains keeps besides, by name.
    var run: [String: Double]
    var files: [File]

    private struct Seal: Codable { var sha256: String }
    private struct Format: Codable { var format: Int }

    /// Throws `FileError` if it cannot be hashed.
    func text(for path: String) throws -> String {
        try Self.sealed(try JSONText.line(self), path: path)
    }

    /// A line, and the line with its SHA-256. Throws `FileError` if it cannot be hashed.
    package static func sealed(_ line: String, path: String) throws -> String {
        let seal = Seal(sha256: try digest(of: line.utf8, path: path))
        return "\(line)\n\(try JSONText.line(seal))\n"
    }

    /// Reads the two lines; throws `FileError` that names what is wrong.
    package init(parsing bytes: [UInt8], path: String) throws(FileError) {
        func wrong(_ reason: String) -> FileError {
            .malformed(path, field: "manifest", offset: 0, reason)
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == 3, lines[2].isEmpty else { throw wrong("it is not two lines") }
        guard let seal = try? JSONText.read(Seal.self, from: lines[1]),
            try digest(of: lines[0], path: path) == seal.sha256,
            let again = try? JSONText.line(seal), again.utf8.elementsEqual(lines[1])
        else { throw wrong("its SHA-256 is another") }
        guard let format = try? JSONText.read(Format.self, from: lines[0]).format else {
            throw wrong("it names no format")
        }
        guard format == Self.currentFormat else {
            throw FileError(
                path: path, operation: "read the checkpoint",
                reason: "its format is \(format), and this version knows \(Self.currentFormat)",
                category: .malformedData, advice: "Go on with the version of lls that wrote it.")
        }
        do { self = try JSONText.read(Manifest.self, from: lines[0]) } catch {
            throw wrong("a value is missing or of another kind")
        }
    }

    init(
        position: TrainingPosition, optimizers: [OptimizerNumbers], run: [String: Double],
        files: [File]
    ) {
        self.position = position
        self.optimizers = optimizers
        self.run = run
        self.files = files
    }
}

private func digest(of bytes: some Sequence<UInt8>, path: String) throws(FileError) -> String {
    var hash = SHA256()
    Array(bytes).withUnsafeBytes { hash.update($0) }
    guard let digest = hash.hexadecimal() else {
        throw FileError(
            path: path, operation: "hash", reason: "OpenSSL cannot compute SHA-256",
            category: .inputOutput)
    }
    return digest
}
