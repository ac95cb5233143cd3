import Foundation

/// The calls to the file system. Nothing else hands a path to the system, so that every byte of a
/// name is kept and no call is confused by a name's form.
public enum FileSystem {
    /// What is at a path.
    public struct Status: Sendable, Equatable {
        public enum Kind: Sendable, Equatable {
            case file, folder, link, pipe, socket, blockDevice, characterDevice
        }

        public let kind: Kind
        public let size: Int
        /// Seconds since 1970.
        public let modified: Int
        /// What the second lacks, so that files of the same second can be told apart.
        public let modifiedNanoseconds: Int
        /// The permission bits.
        public let mode: UInt32
        public let owner, group: UInt32
        /// These two tell whether two paths lead to the same file.
        public let device, inode: UInt64

        init(_ status: stat) {
            kind =
                switch status.st_mode & S_IFMT {
                case S_IFREG: .file
                case S_IFDIR: .folder
                case S_IFLNK: .link
                case S_IFIFO: .pipe
                case S_IFSOCK: .socket
                case S_IFBLK: .blockDevice
                default: .characterDevice
                }
            size = Int(status.st_size)
            modified = Int(status.st_mtim.tv_sec)
            modifiedNanoseconds = Int(status.st_mtim.tv_nsec)
            mode = UInt32(status.st_mode) & 0o7777
            owner = status.st_uid
            group = status.st_gid
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    /// What is at the path; nil if there is nothing. Throws ``FileError`` if that cannot be told.
    public static func status(
        of path: String, followingLinks: Bool = true
    ) throws(FileError) -> Status? {
        switch answer(to: path, followingLinks) {
        case .success(let status): return status
        case .failure(let failure):
            if [ENOENT, ENOTDIR].contains(failure.code) { return nil }
            throw .reading(path, "look at", errno: failure.code)
        }
    }

    struct Failure: Error { let code: Int32 }

    /// What `stat(2)` or `lstat(2)` says.
    static func answer(to path: String, _ followsLinks: Bool) -> Result<Status, Failure> {
        var status = stat()
        let failed = path.withPathBytes {
            (followsLinks ? stat($0, &status) : lstat($0, &status)) != 0
        }
        return failed ? .failure(Failure(code: errno)) : .success(Status(status))
    }

    /// What an open descriptor leads to.
    static func status(of descriptor: Int32) -> Status? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Status(status) : nil
    }

    /// Where a link leads, as it is written; nil if it is no link.
    static func destination(of link: String) -> String? {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = link.withPathBytes { readlink($0, &text, text.count) }
        guard count > 0 else { return nil }
        return String(pathBytes: text.prefix(count).map(UInt8.init(bitPattern:)))
    }

    /// Whether there is something that can be looked at.
    public static func exists(_ path: String) -> Bool { (try? status(of: path)) != nil }

    public static func isFolder(_ path: String) -> Bool {
        (try? status(of: path))?.kind == .folder
    }

    public static func isFile(_ path: String) -> Bool { (try? status(of: path))?.kind == .file }

    /// Bytes of a regular file; throws ``FileError`` for anything else.
    public static func size(of path: String) throws(FileError) -> Int {
        guard let status = try status(of: path) else {
            throw .reading(path, "read", errno: ENOENT)
        }
        guard status.kind == .file else {
            throw FileError(
                path: path, operation: "read", reason: "it is not a regular file",
                category: .missingInput)
        }
        return status.size
    }

    /// The names in a folder, in the order of their bytes; throws ``FileError``.
    public static func list(_ folder: String) throws(FileError) -> [String] {
        try entries(of: folder).map(\.name)
    }

    /// The names in a folder, in the order of their bytes, and what each is; nil if the file system
    /// does not say so along with the name. Throws ``FileError``.
    public static func entries(
        of folder: String
    ) throws(FileError) -> [(name: String, kind: Status.Kind?)] {
        guard let stream = folder.withPathBytes({ opendir($0) }) else {
            throw .reading(folder, "list", errno: errno)
        }
        defer { closedir(stream) }
        var entries: [(name: String, kind: Status.Kind?)] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            // The name is longer than the imported array says where a file system allows it.
            let start = UnsafeRawPointer(entry) + nameOffset
            let name = String(pathAt: start.assumingMemoryBound(to: CChar.self))
            if name == "." || name == ".." { continue }
            let kind: Status.Kind? =
                switch Int(entry.pointee.d_type) {
                case Int(DT_REG): .file
                case Int(DT_DIR): .folder
                case Int(DT_LNK): .link
                case Int(DT_FIFO): .pipe
                case Int(DT_SOCK): .socket
                case Int(DT_BLK): .blockDevice
                case Int(DT_CHR): .characterDevice
                default: nil
                }
            entries.append((name, kind))
        }
        guard errno == 0 else { throw .reading(folder, "list", errno: errno) }
        return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19

    /// The path with every link in it followed; nil if it leads nowhere.
    public static func resolved(_ path: String) -> String? {
        guard let found = path.withPathBytes({ realpath($0, nil) }) else { return nil }
        defer { free(found) }
        return String(pathAt: found)
    }

    /// The folder that relative paths begin in; nil if it is gone.
    public static var currentFolder: String? {
        guard let found = getcwd(nil, 0) else { return nil }
        defer { free(found) }
        return String(pathAt: found)
    }

    /// `open(2)`: the descriptor, or -1 and `errno`.
    public static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o666) -> Int32 {
        path.withPathBytes { Foundation.open($0, flags | O_CLOEXEC, mode) }
    }

    /// Makes one folder; throws ``FileError``, also if it is there.
    public static func makeFolder(_ path: String) throws(FileError) {
        guard path.withPathBytes({ mkdir($0, 0o777) }) == 0 else {
            throw .writing(path, "create", errno: errno)
        }
    }

    /// Makes a folder and those it lies in, if they are not there, and returns those it made, the
    /// innermost first. Throws ``FileError`` naming the one that cannot be made; then none is left.
    @discardableResult
    public static func makeFolders(_ path: String) throws(FileError) -> [String] {
        // From the inside out until one is there, without recursion: paths may be very deep.
        var missing: [String] = []
        var folder = path.withoutEndingSlashes
        while true {
            if folder.withPathBytes({ mkdir($0, 0o777) }) == 0 { break }
            switch errno {
            case EEXIST where isFolder(folder):
                return try makeFolders(missing.reversed(), inside: [])
            case EEXIST: throw .writing(folder, "create", errno: ENOTDIR)
            case ENOENT where folder.parentFolder.utf8.count < folder.utf8.count,
                ENOTDIR where folder.parentFolder.utf8.count < folder.utf8.count:
                missing.append(folder)
                folder = folder.parentFolder
            case let code: throw .writing(folder, "create", errno: code)
            }
        }
        return try makeFolders(missing.reversed(), inside: [folder])
    }

    private static func makeFolders(
        _ folders: [String], inside made: [String]
    ) throws(FileError) -> [String] {
        var made = made
        for folder in folders {
            if folder.withPathBytes({ mkdir($0, 0o777) }) == 0 {
                made.insert(folder, at: 0)
                continue
            }
            // Another process may have been quicker.
            if errno == EEXIST && isFolder(folder) { continue }
            let code = errno
            removeEmptyFolders(made)
            throw .writing(folder, "create", errno: code)
        }
        return made
    }

    /// Removes those that are empty, in this order: what ``makeFolders(_:)`` made in vain.
    public static func removeEmptyFolders(_ folders: [String]) {
        for folder in folders { _ = folder.withPathBytes { rmdir($0) } }
    }

    /// Removes a file or a link, if it is there; whether it is gone.
    @discardableResult
    public static func removeFile(_ path: String) -> Bool {
        path.withPathBytes { unlink($0) } == 0 || errno == ENOENT
    }

    /// Removes a file, or a folder and all in it; links are removed and not followed. What cannot be
    /// removed stays.
    public static func removeAll(_ path: String) {
        var pending = [(path: path, isListed: false)]
        while let (path, isListed) = pending.popLast() {
            let isFolder = (try? status(of: path, followingLinks: false))?.kind == .folder
            if !isFolder {
                removeFile(path)
            } else if isListed {
                removeEmptyFolders([path])
            } else {
                pending.append((path, true))
                let names = (try? list(path)) ?? []
                pending += names.map { (path.appending(pathPart: $0), false) }
            }
        }
    }

    /// `rename(2)`: 0, or -1 and `errno`.
    public static func rename(_ path: String, to target: String) -> Int32 {
        path.withPathBytes { path in
            target.withPathBytes { Foundation.rename(path, $0) }
        }
    }
}
