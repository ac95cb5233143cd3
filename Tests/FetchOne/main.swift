// Fetches one pinned file, for tests of several processes at once:
// fetch-one ADDRESS BYTES SHA256 FOLDER locks|no-locks
import Downloads
import Foundation

let arguments = CommandLine.arguments
guard arguments.count == 6, let byteCount = Int(arguments[2]) else { exit(64) }
var downloader = Downloader()
downloader.usesLocks = arguments[5] == "locks"
let name = NSString(string: arguments[1]).lastPathComponent
do {
    _ = try downloader.fetch(
        RemoteFile(
            name: name, addresses: [arguments[1]], byteCount: byteCount, sha256: arguments[3]),
        into: arguments[4])
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(1)
}
