import FileFormats
import Foundation

/// A run that is to be deleted: checked first, so that of several either all can go or none is touched.
public struct RunRemoval {
    /// As it was named.
    public let folder: RunFolder
    /// Of all files in it.
    public let bytes: Int
    private let path: String
    private let lock: RunLock

    /// What a run's folder holds from its first moment on, or soon after.
    private static let marks = [
        "config.yaml", "command.txt", "checkpoints", "weights", "env.json", "metrics.jsonl",
        "log.txt",
    ]

    /// Checks that the folder is a run's, and keeps every process from training in it.
    ///
    /// - Throws: ``RunRemovalError`` if it is none, or a link to one, or holds the folder that the process
    ///   works in; ``RunInUseError`` if a process trains in it; ``FileError``.
    public init(_ folder: RunFolder) throws {
        self.folder = folder
        func refuse(_ reason: String) -> RunRemovalError {
            RunRemovalError(folder: folder.path, reason: reason)
        }
        guard let status = try FileSystem.status(of: folder.path, followingLinks: false),
            let path = FileSystem.resolved(folder.path)
        else { throw refuse("it does not exist") }
        guard status.kind != .link else {
            throw refuse("it is a link to \(path.legible), which is not followed")
        }
        guard status.kind == .folder else { throw refuse("it is not a folder") }
        // What lies inside says what a folder is; its name may be any.
        let names = Set(try FileSystem.list(path))
        guard Self.marks.filter(names.contains).count >= 3 else {
            throw refuse("it does not hold what a run's folder holds")
        }
        let here = FileSystem.resolved(".") ?? "/"
        guard !here.isInside(path) else { throw refuse("the current folder lies in it") }
        self.path = path
        lock = try RunLock(RunFolder(at: path))
        bytes = Self.bytes(in: path)
    }

    /// Deletes the folder, and the one that it lies in if that is empty then and inside of `runs`. Links in it
    /// are deleted, not followed. What makes it a run's folder goes last, so that it can be named again if this
    /// is interrupted.
    ///
    /// - Throws: ``FileError`` if something of it is left.
    public func run(in runs: String) throws(FileError) {
        for name in try FileSystem.list(path)
        where !Self.marks.contains(name) && name != RunLock.name {
            FileSystem.removeAll(path.appending(pathPart: name))
        }
        for name in ["checkpoints", "weights"] {
            FileSystem.removeAll(path.appending(pathPart: name))
        }
        FileSystem.removeAll(path)
        guard try FileSystem.status(of: path, followingLinks: false) == nil else {
            throw FileError(
                path: folder.path, operation: "delete", reason: "some of it is left",
                category: .cannotCreate,
                advice: "Check the permissions of its files, then try again.")
        }
        let parent = path.parentFolder
        guard let runs = FileSystem.resolved(runs), parent.isInside(runs),
            parent.pathParts.count > runs.pathParts.count
        else { return }
        FileSystem.removeEmptyFolders([parent])
    }

    /// Without following links, and without recursion: folders may be deep.
    private static func bytes(in folder: String) -> Int {
        var bytes = 0
        var pending = [folder]
        while let path = pending.popLast() {
            guard let status = try? FileSystem.status(of: path, followingLinks: false) else {
                continue
            }
            if status.kind == .folder {
                let names = (try? FileSystem.list(path)) ?? []
                pending += names.map { path.appending(pathPart: $0) }
            } else if status.kind == .file {
                bytes += status.size
            }
        }
        return bytes
    }
}

/// A folder that is not deleted.
public struct RunRemovalError: CategorizedError, Equatable {
    public let folder: String
    public let reason: String

    public var category: ErrorCategory { .usage }
    /// Two lines.
    public var description: String {
        "\(folder.legible) is not deleted: \(reason)\nName folders of runs; 'runs ls' lists them."
    }
}
