import Datasets
import FileFormats
import Foundation
import Images

/// The pictures that paths on the command line stand for.
struct PicturePaths {
    /// In the order of the arguments; those in a folder by the bytes of their paths.
    private(set) var paths: [String] = []
    /// Files in folders that are no pictures by their names.
    private(set) var leftOut = LeftOutFiles()

    /// Which folder it is, whatever path leads there.
    private struct Identity: Hashable {
        let device, inode: UInt64
    }

    /// - Parameter arguments: pictures, folders, or `-` for lines of such paths on standard input.
    ///   Whether what is no folder is there, only reading it tells.
    /// - Throws: `FileError` for a folder, or standard input, that cannot be read.
    init(_ arguments: [String]) throws {
        for argument in arguments {
            guard argument == "-" else {
                try add(argument)
                continue
            }
            for path in try Self.linesOfStandardInput() { try add(path) }
        }
    }

    private mutating func add(_ path: String) throws(FileError) {
        if FileSystem.isFolder(path) { try addAll(in: path) } else { paths.append(path) }
    }

    /// Without recursion: folders may lie very deep. A folder that links lead back to is read once, and
    /// hidden files are passed over.
    private mutating func addAll(in folder: String) throws(FileError) {
        var found: [String] = []
        var seen: Set<Identity> = []
        var pending = [folder]
        while let folder = pending.popLast() {
            guard let status = try FileSystem.status(of: folder),
                seen.insert(Identity(device: status.device, inode: status.inode)).inserted
            else { continue }
            for (name, kind) in try FileSystem.entries(of: folder)
            where name.utf8.first != UInt8(ascii: ".") {
                let path = folder.appending(pathPart: name)
                let isFolder =
                    kind == .folder || (kind == nil || kind == .link) && FileSystem.isFolder(path)
                if isFolder {
                    pending.append(path)
                } else if ImageDecoder.fileExtensions.contains(name.pathExtension) {
                    found.append(path)
                } else {
                    let ending = name.pathExtension
                    leftOut.add(ending.isEmpty ? "without ending" : "." + ending, at: path)
                }
            }
        }
        paths += found.sortedByBytes()
    }

    private static func linesOfStandardInput() throws(FileError) -> [String] {
        let bytes: Data?
        do { bytes = try FileHandle.standardInput.readToEnd() } catch {
            throw FileError(
                path: "standard input", operation: "read", reason: "\(error)",
                category: .missingInput)
        }
        return (bytes ?? Data()).split(separator: UInt8(ascii: "\n")).map(String.init(pathBytes:))
    }
}
