import FileFormats
import Foundation

/// A folder for work in progress beside its target; gone, with all in it, when dropped.
struct ScratchFolder: ~Copyable {
    let path: String
    /// Locked, so that no other process takes the folder for one that a killed process left.
    private let lock: FolderLock

    private static let prefix = ".lls-extract-"

    /// Throws ``FileError`` when the parent cannot be written.
    init(in parent: String) throws(FileError) {
        Self.removeAbandoned(in: parent)
        let name = "\(Self.prefix)\(ProcessMark.own.text)-\(randomWord())"
        path = parent.appending(pathPart: name)
        try FileSystem.makeFolder(path)
        lock = FolderLock(path)
    }

    deinit { FileSystem.removeAll(path) }

    /// A killed process could not tidy up.
    private static func removeAbandoned(in parent: String) {
        for name in (try? FileSystem.list(parent)) ?? [] where name.hasPrefix(prefix) {
            let path = parent.appending(pathPart: name)
            let mark = ProcessMark(nameWithRandomWord: name.dropFirst(prefix.count))
            if mark?.hasAbandoned(path) == true { FileSystem.removeAll(path) }
        }
    }
}
