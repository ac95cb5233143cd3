import CArchive
import FileFormats
import Foundation

/// How much an archive may unpack to before it is taken for a bomb.
public struct ExtractionLimits: Sendable {
    public var members: Int
    /// Bytes of all members together.
    public var bytes: Int
    /// Bytes of all members to one byte of the archive; the first megabyte is free.
    public var ratio: Int

    public init(members: Int = 500_000, bytes: Int = 64 << 30, ratio: Int = 200) {
        self.members = members
        self.bytes = bytes
        self.ratio = ratio
    }
}

/// What was unpacked.
public struct ExtractionReport: Sendable, Equatable {
    public var files = 0
    public var bytes = 0

    public init(files: Int = 0, bytes: Int = 0) {
        self.files = files
        self.bytes = bytes
    }
}

/// Unpacks the folder `root` of a tar, tar.gz or zip archive as the folder `target`.
///
/// Everything goes into a scratch folder beside the target, which gets its name only when it is
/// whole and on the disk: a half-extracted folder is never seen. Only regular files and folders
/// are unpacked; a link, a device, or a name that leads outside is refused, and nothing is left
/// behind. Members outside `root` are passed over. Where another process was quicker, its folder
/// stays.
///
/// Throws ``FileError``: malformed data for whatever is wrong with the archive.
public func extractArchive(
    _ archive: String, root: String, to target: String,
    limits: ExtractionLimits = ExtractionLimits(),
    progress: (ExtractionReport) -> Void = { _ in }
) throws(FileError) -> ExtractionReport {
    let reader = try ArchiveReader(archive)
    let parent = target.parentFolder
    let scratch = try ScratchFolder(in: parent)
    var extraction = Extraction(root: root, folder: scratch.path, limits: limits)
    try extraction.unpack(reader, progress)
    let unpacked = "\(scratch.path)/\(root)"
    guard extraction.report.files > 0 else {
        throw reader.damaged("it holds no file in a folder '\(root)'")
    }
    try flush(unpacked)
    if FileSystem.rename(unpacked, to: target) != 0 {
        let code = errno
        guard code == EEXIST || code == ENOTEMPTY else {
            throw .writing(target, "rename to", errno: code)
        }
    }
    try flush(parent)
    return extraction.report
}

/// Makes all that was written to the folder's file system durable: one call, where a call for each
/// of a hundred thousand small files would take minutes.
private func flush(_ folder: String) throws(FileError) {
    let descriptor = FileSystem.open(folder, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw .writing(folder, "open", errno: errno) }
    defer { close(descriptor) }
    guard syncfs(descriptor) == 0 else { throw .writing(folder, "flush", errno: errno) }
}

private struct Extraction {
    let root, folder: String
    let limits: ExtractionLimits
    var report = ExtractionReport()
    private var members = 0
    private var folders: Set<String> = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)

    init(root: String, folder: String, limits: ExtractionLimits) {
        self.root = root
        self.folder = folder
        self.limits = limits
    }

    mutating func unpack(
        _ reader: ArchiveReader, _ progress: (ExtractionReport) -> Void
    ) throws(FileError) {
        let byRatio = reader.size.multipliedReportingOverflow(by: limits.ratio)
        let allowed = min(
            limits.bytes, byRatio.overflow ? .max : max(byRatio.partialValue, 1 << 20))
        while let member = try reader.next() {
            members += 1
            guard members <= limits.members else {
                throw reader.damaged("it has more than \(limits.members) members")
            }
            let path: MemberPath?
            do throws(MemberPath.Refusal) { path = try MemberPath(member.name) } catch {
                throw reader.damaged("\(quoted(member.name)): \(error.reason)")
            }
            if case .other(let kind) = member.kind {
                throw reader.damaged(
                    "\(quoted(member.name)) is \(kind); only files and folders are unpacked")
            }
            guard let path, path.components[0] == root else { continue }
            if member.kind == .folder {
                try makeFolders(path.components, in: reader)
            } else {
                guard path.components.count > 1 else {
                    throw reader.damaged("\(quoted(root)) is a file where a folder should be")
                }
                try write(path, announced: member.size ?? 0, from: reader, allowed: allowed)
                progress(report)
            }
        }
    }

    private mutating func write(
        _ path: MemberPath, announced: Int, from reader: ArchiveReader, allowed: Int
    ) throws(FileError) {
        guard announced <= allowed - report.bytes else { throw bomb(reader, allowed) }
        try makeFolders(path.components.dropLast(), in: reader)
        let name = path.components.joined(separator: "/")
        let file = "\(folder)/\(name)"
        let descriptor = FileSystem.open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        guard descriptor >= 0 else {
            guard errno != EEXIST else {
                throw reader.damaged("\(quoted(name)) is in it more than once")
            }
            throw .writing(file, "create", errno: errno)
        }
        defer { close(descriptor) }
        while true {
            let count = try reader.read(into: &buffer)
            if count == 0 { break }
            guard count <= allowed - report.bytes else { throw bomb(reader, allowed) }
            report.bytes += count
            let code = buffer[..<count].withUnsafeBytes {
                FileCalls.system.writeAll(descriptor, $0)
            }
            guard code == 0 else { throw .writing(file, "write", errno: code) }
        }
        report.files += 1
    }

    private mutating func makeFolders(
        _ components: some Collection<String>, in reader: ArchiveReader
    ) throws(FileError) {
        var name = ""
        for component in components {
            name += name.isEmpty ? component : "/" + component
            guard folders.insert(name).inserted else { continue }
            guard "\(folder)/\(name)".withPathBytes({ mkdir($0, 0o777) }) == 0 else {
                guard errno != EEXIST else {
                    throw reader.damaged("\(quoted(name)) is both a file and a folder")
                }
                throw .writing("\(folder)/\(name)", "create", errno: errno)
            }
        }
    }

    private func bomb(_ reader: ArchiveReader, _ allowed: Int) -> FileError {
        reader.damaged(
            "it unpacks to more than the \(allowed) bytes allowed for \(reader.size) bytes")
    }
}

/// A name in quotes, short, with nothing in it that a terminal would obey.
private func quoted(_ name: String) -> String {
    name.count <= 80 ? name.debugDescription : String(name.prefix(77)).debugDescription + "…"
}
