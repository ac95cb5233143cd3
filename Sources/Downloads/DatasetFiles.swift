import Archives
import FileFormats
import Foundation

/// The files of a data set as their owners publish them, and where they go in a folder of data sets.
public struct DatasetFiles: Sendable {
    /// The data set's name in the catalog.
    public let dataset: String
    /// Names of data sets that are made of the same files.
    public let alsoFor: [String]
    public let parts: [Part]
    /// Where it comes from, for those who must fetch it themselves; nil where it can be fetched.
    public let advice: String?

    package init(dataset: String, alsoFor: [String] = [], parts: [Part], advice: String? = nil) {
        self.dataset = dataset
        self.alsoFor = alsoFor
        self.parts = parts
        self.advice = advice
    }

    /// A file, and the folder that it unpacks to.
    public struct Part: Sendable {
        public let file: RemoteFile
        /// Inside the folder of data sets; empty for that folder itself.
        public let folder: String
        /// The archive's one folder, which goes beside it; nil where the file is read as it is.
        public let unpacksTo: String?

        package init(file: RemoteFile, folder: String, unpacksTo: String? = nil) {
            self.file = file
            self.folder = folder
            self.unpacksTo = unpacksTo
        }

        /// The folder that the file is put into.
        public func place(in dataFolder: String) -> String {
            folder.isEmpty ? dataFolder : dataFolder.appending(pathPart: folder)
        }

        /// What must be there in the end.
        public func result(in dataFolder: String) -> String {
            place(in: dataFolder).appending(pathPart: unpacksTo ?? file.name)
        }

        /// Whether the folder that it unpacks to is there, which it is only as a whole.
        func isUnpacked(in dataFolder: String) -> Bool {
            unpacksTo != nil && FileSystem.exists(result(in: dataFolder))
        }

        /// Whether the file is there and right, or no longer needed.
        func needsNoNetwork(in dataFolder: String) throws(FileError) -> Bool {
            if isUnpacked(in: dataFolder) { return true }
            let path = place(in: dataFolder).appending(pathPart: file.name)
            guard FileSystem.exists(path) else { return false }
            return try file.mismatch(at: path) == nil
        }
    }

    /// Bytes to fetch when nothing is there.
    public var byteCount: Int { parts.reduce(0) { $0 + $1.file.byteCount } }
}

/// What happens while a data set is fetched.
public enum DatasetEvent: Sendable {
    case present(DatasetFiles.Part)
    case download(DatasetFiles.Part, DownloadEvent)
    case unpacking(DatasetFiles.Part, files: Int, bytes: Int)
    case finished(DatasetFiles.Part)
}

extension Downloader {
    /// Fetches and unpacks what is missing of a data set.
    ///
    /// `mirror` is an address below which the same files lie as in a folder of data sets; it is
    /// asked first. An archive is removed once it is unpacked, unless `keepsArchives`.
    /// Throws ``DownloadError`` or ``FileError``.
    public func get(
        _ dataset: DatasetFiles, into dataFolder: String, mirror: String? = nil,
        isOffline: Bool = false, keepsArchives: Bool = false,
        report: (DatasetEvent) -> Void = { _ in }
    ) throws {
        if let advice = dataset.advice {
            throw DownloadError.notForDownload(dataset: dataset.dataset, advice: advice)
        }
        if isOffline {
            let missing = try dataset.parts.filter { try !$0.needsNoNetwork(in: dataFolder) }
            guard missing.isEmpty else {
                throw DownloadError.offline(
                    dataset: dataset.dataset,
                    missing: missing.map { ($0.file, $0.place(in: dataFolder)) })
            }
        }
        for part in dataset.parts {
            let place = part.place(in: dataFolder)
            try FileSystem.makeFolders(place)
            // Held until the archive is unpacked, so that the others have nothing left to do.
            let lock = usesLocks ? FolderLock(place) { report(.download(part, .waiting)) } : nil
            defer { withExtendedLifetime(lock) {} }
            guard !part.isUnpacked(in: dataFolder) else {
                report(.present(part))
                continue
            }
            do {
                var downloader = self
                downloader.usesLocks = false
                let archive = try downloader.fetch(part.mirrored(by: mirror), into: place) {
                    report(.download(part, $0))
                }
                if let root = part.unpacksTo {
                    _ = try extractArchive(archive, root: root, to: part.result(in: dataFolder)) {
                        report(.unpacking(part, files: $0.files, bytes: $0.bytes))
                    }
                    if !keepsArchives { FileSystem.removeFile(archive) }
                }
            } catch {
                // Where locks do nothing, another process may be through, and the archive gone.
                guard part.isUnpacked(in: dataFolder) else { throw error }
            }
            report(.finished(part))
        }
    }
}

extension DatasetFiles.Part {
    /// The file, with the mirror's address before the others.
    func mirrored(by mirror: String?) -> RemoteFile {
        guard var base = mirror, !base.isEmpty else { return file }
        while base.hasSuffix("/") { base.removeLast() }
        let path = folder.isEmpty ? file.name : "\(folder)/\(file.name)"
        return RemoteFile(
            name: file.name, addresses: ["\(base)/\(path)"] + file.addresses,
            byteCount: file.byteCount, sha256: file.sha256)
    }
}
