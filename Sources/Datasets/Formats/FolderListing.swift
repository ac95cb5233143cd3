import FileFormats
import Images

/// What a folder holds, in an order that depends on the names alone.
struct FolderListing {
    /// Names of the folders in it; links to folders count.
    private(set) var folders: [String] = []
    /// Paths, from the folder on, of the images in it and in folders inside it.
    private(set) var images: [String] = []
    /// What is neither.
    private(set) var leftOut = LeftOutFiles()

    /// What can be decoded, and what torchvision takes for an image by its name besides. That is refused
    /// when it is decoded, not passed over here.
    private static let imageEndings = ImageDecoder.fileExtensions.union(["ppm", "pgm"])
    /// What desktops put into every folder, besides hidden files.
    private static let desktopFiles: Set<String> = ["thumbs.db", "desktop.ini"]

    /// Which folder it is, whatever path leads there.
    private struct Identity: Hashable {
        let device, inode: UInt64
    }

    /// Hidden files are passed over. Throws ``DatasetError/unusable`` if there is no folder that can
    /// be read.
    ///
    /// - Parameter isDeep: whether folders inside it are looked into, each of them once. A link to a
    ///   folder above is not followed: its images belong to others, and it would lead here again.
    init(_ path: String, isDeep: Bool = true) throws(DatasetError) {
        var seen: Set<Identity> = []
        if isDeep {
            var above = FileSystem.resolved(path) ?? path
            while true {
                if let found = try Self.identity(of: above) { seen.insert(found) }
                let parent = above.parentFolder
                if parent.utf8.count >= above.utf8.count { break }
                above = parent
            }
        }
        // Without recursion: folders may lie very deep. The next one to look into is the last.
        var pending = [""]
        while let inside = pending.popLast() {
            let folder = path.appending(pathPart: inside)
            var deeper: [String] = []
            for (name, kind) in try Self.entries(of: folder) where name.utf8.first != dot {
                let relative = inside.appending(pathPart: name)
                switch kind ?? .link {
                case .folder:
                    if inside.isEmpty { folders.append(name) }
                    guard isDeep,
                        let found = try Self.identity(of: folder.appending(pathPart: name)),
                        seen.insert(found).inserted
                    else { continue }
                    deeper.append(relative)
                case .file, .link, .pipe, .socket, .blockDevice, .characterDevice:
                    let ending = name.pathExtension
                    if Self.imageEndings.contains(ending) {
                        images.append(relative)
                    } else if !Self.desktopFiles.contains(name.lowercased()) {
                        leftOut.add(
                            kind == .link || kind == nil
                                ? "broken link" : ending.isEmpty ? "without ending" : "." + ending,
                            at: path.appending(pathPart: relative))
                    }
                }
            }
            pending += deeper.reversed()
        }
    }

    /// Names by their bytes, and what they are; links are followed where they lead somewhere.
    private static func entries(
        of folder: String
    ) throws(DatasetError) -> [(name: String, kind: FileSystem.Status.Kind?)] {
        do throws(FileError) {
            return try FileSystem.entries(of: folder).map { name, kind throws(FileError) in
                guard kind == nil || kind == .link else { return (name, kind) }
                return (name, try FileSystem.status(of: folder.appending(pathPart: name))?.kind)
            }
        } catch {
            throw .unusable(
                path: error.path, reason: "it cannot be listed: \(error.reason)",
                advice: "Check that it is a folder and may be read.")
        }
    }

    private static func identity(of path: String) throws(DatasetError) -> Identity? {
        do throws(FileError) {
            return try FileSystem.status(of: path).map {
                Identity(device: $0.device, inode: $0.inode)
            }
        } catch {
            throw .unusable(
                path: error.path, reason: "it cannot be looked at: \(error.reason)",
                advice: "Check that it may be read.")
        }
    }
}

private let dot = UInt8(ascii: ".")

/// Files in the folders of a data set that are not read, since their names are not those of images.
public struct LeftOutFiles: Sendable, Equatable {
    private struct Kind: Sendable, Equatable {
        var count = 0
        var first: String
    }

    /// By an ending such as `.gif`, or by words.
    private var kinds: [String: Kind] = [:]

    /// No files.
    public init() {}

    /// How many there are of each kind.
    public var counts: [String: Int] { kinds.mapValues(\.count) }

    /// Counts a file of this kind.
    public mutating func add(_ kind: String, at path: String) {
        kinds[kind, default: Kind(first: path)].count += 1
    }

    static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.kinds.merge(right.kinds) { Kind(count: $0.count + $1.count, first: $0.first) }
        return sum
    }

    /// Without those of a kind that is known to belong there.
    func without(_ kind: String) -> Self {
        var rest = self
        rest.kinds[kind] = nil
        return rest
    }

    /// How many of each kind, the most frequent first, in one line; nil if there are none.
    public var summary: String? {
        let ordered = kinds.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        guard let first = ordered.first?.value.first else { return nil }
        return "\(list(ordered.map { "\($0.value.count) \($0.key)" })), first \(first.legible)"
    }
}
