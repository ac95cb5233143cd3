import FileFormats
import Foundation

/// A folder for work in progress beside its target; gone, with all in it, when dropped.
struct ScratchFolder: ~Copyable {
    let path: String

    private static let prefix = ".lls-extract-"

    /// Throws ``FileError`` when the parent cannot be written.
    init(in parent: String) throws(FileError) {
        Self.removeAbandoned(in: parent)
        let unique = String(UInt64.random(in: .min ... .max), radix: 36)
        path = "\(parent)/\(Self.prefix)\(getpid())-\(unique)"
        try FileSystem.makeFolder(path)
    }

    deinit { FileSystem.removeAll(path) }

    /// A killed process could not tidy up. Its folder goes once the process is gone and nothing
    /// has touched the folder for a day, in case the number is another machine's.
    private static func removeAbandoned(in parent: String) {
        let names = (try? FileSystem.list(parent)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let owner = name.dropFirst(prefix.count).prefix { $0 != "-" }
            guard let process = pid_t(owner), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            let path = parent.appending(pathPart: name)
            guard let status = try? FileSystem.status(of: path), time(nil) - status.modified > 86400
            else { continue }
            FileSystem.removeAll(path)
        }
    }
}
