import CArchive
import FileFormats
import Foundation

/// The members of a tar (gzipped or not) or zip archive, one after the other, through libarchive.
///
/// No other format is switched on: fewer parsers, fewer surprises.
final class ArchiveReader {
    struct Member {
        let name: String
        let kind: Kind
        /// Bytes announced, where the archive says.
        let size: Int?

        enum Kind: Equatable {
            case file, folder
            /// What it is instead, in words.
            case other(String)
        }
    }

    let path: String
    /// Bytes of the archive itself.
    let size: Int
    private let archive: OpaquePointer
    /// libarchive translates names into the thread's locale, and where that is "C" it cannot.
    private let names = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

    /// Throws ``FileError`` unless the file is there and begins like an archive.
    init(_ path: String) throws(FileError) {
        let size = try FileSystem.size(of: path)
        guard let archive = archive_read_new() else {
            throw FileError(
                path: path, operation: "open", reason: "out of memory", category: .inputOutput)
        }
        self.path = path
        self.size = size
        self.archive = archive
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_tar(archive)
        archive_read_support_format_zip(archive)
        let opened = path.withPathBytes { archive_read_open_filename(archive, $0, 1 << 16) }
        guard opened == ARCHIVE_OK else {
            throw damaged("it is neither tar, tar.gz nor zip")
        }
    }

    deinit {
        archive_read_free(archive)
        if let names { freelocale(names) }
    }

    /// The next member, or nil after the last.
    func next() throws(FileError) -> Member? {
        let locale = uselocale(names)
        defer { _ = uselocale(locale) }
        var entry: OpaquePointer?
        let status = archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return nil }
        // A warning is about names or times that this machine cannot express; names are checked.
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else {
            throw damaged(reason)
        }
        let text = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)
        guard let text, let name = String(validatingCString: text) else {
            throw damaged("a member's name is not UTF-8")
        }
        let announced = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil
        return Member(name: name, kind: Self.kind(of: entry), size: announced.map { Int($0) })
    }

    /// Bytes of the member, at least one, written from the start of `buffer`; 0 at its end.
    func read(into buffer: inout [UInt8]) throws(FileError) -> Int {
        let count = buffer.withUnsafeMutableBytes {
            archive_read_data(archive, $0.baseAddress, $0.count)
        }
        guard count >= 0 else { throw damaged(reason) }
        return count
    }

    /// An error about this archive's bytes.
    func damaged(_ reason: String) -> FileError {
        FileError(path: path, operation: "extract", reason: reason, category: .malformedData)
    }

    private var reason: String {
        archive_error_string(archive).map { String(cString: $0) } ?? "it is cut off or damaged"
    }

    private static func kind(of entry: OpaquePointer) -> Member.Kind {
        if archive_entry_hardlink(entry) != nil { return .other("a hard link") }
        // The mode's format bits, as in stat; libarchive's own names for them are casts in macros.
        switch mode_t(archive_entry_filetype(entry)) {
        case S_IFREG: return .file
        case S_IFDIR: return .folder
        case S_IFLNK: return .other("a symbolic link")
        case S_IFCHR, S_IFBLK: return .other("a device")
        case S_IFIFO: return .other("a pipe")
        case S_IFSOCK: return .other("a socket")
        default: return .other("a member of an unknown kind")
        }
    }
}
