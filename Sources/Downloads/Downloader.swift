import FileFormats
import Foundation

/// What happens while a file is fetched.
public enum DownloadEvent: Sendable {
    /// Another process is fetching into the same folder.
    case waiting
    /// So many bytes of the file are there.
    case progress(Int)
    /// An address is given up, or asked again for the rest.
    case failed(address: String, reason: TransferFailure, goesOn: Bool)
}

/// Fetches pinned files: goes on where a transfer broke off, and to the next address where one
/// fails. Nothing gets the file's name unless size and SHA-256 are right.
public struct Downloader: Sendable {
    public var patience = Patience()
    /// Off, everything behaves as on a file system whose locks do nothing.
    public var usesLocks = true

    /// An address that breaks off is asked again as long as each answer brings something, but not
    /// for ever.
    private static let mostAnswers = 1000

    public init() {}

    /// Puts the file into the folder, which is made where it is missing, and returns its path.
    ///
    /// A file that is there and right is left alone; one that is there and wrong is replaced.
    /// Throws ``DownloadError``, or ``FileError`` when the disk fails.
    public func fetch(
        _ file: RemoteFile, into folder: String, report: (DownloadEvent) -> Void = { _ in }
    ) throws -> String {
        let target = folder.appending(pathPart: file.name)
        if try isThere(file, target) { return target }
        try FileSystem.makeFolders(folder)
        let lock = usesLocks ? FolderLock(folder) { report(.waiting) } : nil
        defer { withExtendedLifetime(lock) {} }
        if try isThere(file, target) { return target }
        let part = try PartialFile(for: target, byteCount: file.byteCount)
        try checkRoom(for: file, besides: part.length, in: folder)
        var failures: [DownloadError.Failure] = []
        for address in file.addresses {
            guard let reason = try fetch(file, from: address, into: part, report) else {
                try part.publish()
                return target
            }
            failures.append(DownloadError.Failure(address: address, reason: reason))
            report(.failed(address: address, reason: reason, goesOn: false))
        }
        part.keep()
        throw DownloadError.allFailed(file: file, folder: folder, failures: failures)
    }

    /// Asks one address until the file is there and right (nil), or why it cannot be had from it.
    private func fetch(
        _ file: RemoteFile, from address: String, into part: PartialFile,
        _ report: (DownloadEvent) -> Void
    ) throws(FileError) -> TransferFailure? {
        var tag: String?
        var reached = part.length
        // Bytes of an earlier process or another address may be wrong without this one's fault.
        var holdsOthersBytes = part.length > 0
        for _ in 0..<Self.mostAnswers {
            if part.length == file.byteCount {
                guard let mismatch = try part.mismatch(with: file) else { return nil }
                try part.restart()
                guard holdsOthersBytes else { return mismatch }
                (holdsOthersBytes, tag, reached) = (false, nil, 0)
            }
            let start = part.length
            let failure = try withoutActuallyEscaping(report) { report throws(FileError) in
                let transfer = Transfer(address, of: file, into: part, tag: tag, patience) {
                    report(.progress($0))
                }
                defer { tag = transfer.tag }
                return try transfer.run()
            }
            if part.length < start { holdsOthersBytes = false }
            guard let failure else { continue }
            switch failure {
            case .truncated where part.length > reached, .unreachable where part.length > reached:
                reached = part.length
                report(.failed(address: address, reason: failure, goesOn: true))
            case .status(416) where holdsOthersBytes:
                try part.restart()
                (holdsOthersBytes, tag, reached) = (false, nil, 0)
            default:
                // A part of the wrong file is nothing to go on from.
                if failure.isWrongFile, part.length != start { try part.restart() }
                return failure
            }
        }
        return .truncated(received: part.length, expected: file.byteCount)
    }

    private func isThere(_ file: RemoteFile, _ target: String) throws(FileError) -> Bool {
        guard FileSystem.exists(target) else { return false }
        return try file.mismatch(at: target) == nil
    }

    private func checkRoom(
        for file: RemoteFile, besides length: Int, in folder: String
    ) throws(DownloadError) {
        var status = statvfs()
        guard folder.withPathBytes({ statvfs($0, &status) }) == 0 else { return }
        let (free, overflow) = Int(status.f_bavail).multipliedReportingOverflow(
            by: Int(status.f_frsize))
        let needed = file.byteCount - length
        guard overflow || needed <= free else {
            throw .noRoom(file: file, folder: folder, needed: needed, free: free)
        }
    }
}
