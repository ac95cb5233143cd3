import FileFormats
import Foundation
import LocalLearning

/// The checkpoints of one run, in a folder: generations `000001`, `000002` and so on.
///
/// A checkpoint appears complete under its name or not at all. An older one is removed only after the
/// newer one has been read back and verified, so that one good generation is there at any time.
public struct CheckpointStore: Sendable {
    /// The folder of all generations.
    public let folder: String
    /// Generations that stay.
    public let keep: Int
    private let calls: FileCalls

    /// - Parameters:
    ///   - folder: that exists.
    ///   - keep: generations that stay, at least 1.
    public init(_ folder: String, keep: Int = 2) { self.init(folder, keep: keep, calls: .system) }

    /// `calls` stands in for the system's in tests of failing disks.
    package init(_ folder: String, keep: Int, calls: FileCalls) {
        precondition(keep > 0, "\(keep) generations")
        self.folder = folder
        self.keep = keep
        self.calls = calls
    }

    /// Writes a state as the next generation, verifies it, and removes those that are too many.
    ///
    /// - Parameters:
    ///   - state: of the trainer.
    ///   - run: what the program keeps besides, by name.
    /// - Throws: `FileError` if the disk is full or fails; then all older generations are still there.
    @discardableResult
    public func save(_ state: TrainerState, run: [String: Double] = [:]) throws -> Checkpoint {
        removeAbandoned()
        let temporary = folder.appending(
            pathPart: "\(Self.prefix)\(ProcessMark.own.text)-\(randomWord())\(Self.suffix)")
        let number = (try generations().last?.number ?? 0) + 1
        let target = folder.appending(pathPart: Self.name(number))
        do {
            try FileSystem.makeFolder(temporary)
            try Checkpoint.write(state, run: run, into: temporary, calls: calls)
            try sync(temporary)
            guard calls.rename(temporary, target) == 0 else {
                throw FileError.writing(target, "rename to", errno: errno)
            }
            try sync(folder)
        } catch {
            FileSystem.removeAll(temporary)
            throw error
        }
        let saved = try Checkpoint(verifying: target)
        for old in try generations().dropLast(keep) { FileSystem.removeAll(old.path) }
        return saved
    }

    /// The newest generation that verifies; nil if there is none.
    ///
    /// - Parameter skipping: told of every newer one that does not verify, and why.
    /// - Throws: `FileError` if the folder cannot be read.
    public func newest(
        skipping: (_ path: String, FileError) -> Void = { _, _ in }
    ) throws(FileError) -> Checkpoint? {
        for generation in try generations().reversed() {
            do { return try Checkpoint(verifying: generation.path) } catch {
                skipping(generation.path, error)
            }
        }
        return nil
    }

    private static let prefix = ".lls-"
    private static let suffix = ".part"
    private static let maxNumber = 999_999_999

    private static func name(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// The oldest first.
    private func generations() throws(FileError) -> [(number: Int, path: String)] {
        guard FileSystem.exists(folder) else { return [] }
        return try FileSystem.list(folder).compactMap { name in
            guard let number = Int(name), (1..<Self.maxNumber).contains(number),
                Self.name(number) == name
            else { return nil }
            return (number, folder.appending(pathPart: name))
        }.sorted { $0.number < $1.number }
    }

    /// Makes the names in a folder durable.
    private func sync(_ folder: String) throws(FileError) {
        let descriptor = calls.openFolder(folder)
        guard descriptor >= 0 else { throw .writing(folder, "open", errno: errno) }
        let code = calls.sync(descriptor) == 0 ? 0 : errno
        _ = calls.close(descriptor)
        guard code == 0 else { throw .writing(folder, "flush", errno: code) }
    }

    /// Removes what a killed process left.
    private func removeAbandoned() {
        for name in (try? FileSystem.list(folder)) ?? [] {
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix),
                let mark = ProcessMark(
                    nameWithRandomWord: name.dropFirst(Self.prefix.count)
                        .dropLast(Self.suffix.count))
            else { continue }
            let path = folder.appending(pathPart: name)
            if mark.hasAbandoned(path) { FileSystem.removeAll(path) }
        }
    }
}
