import FileFormats
import Foundation

/// A folder of files that may vanish at any time: `$XDG_CACHE_HOME/lls/…`, or `~/.cache/lls/…`.
///
/// Every file begins with a line that names its key, and a line with a checksum of its bytes. A file
/// with another key, or whose bytes were cut or changed, counts as absent.
public struct CacheFolder: Sendable {
    /// The folder, which need not exist.
    public let path: String

    /// A cache in this folder.
    public init(_ path: String) { self.path = path }

    /// The folder `name` of the user's cache; nil if the user has no home.
    ///
    /// A relative `XDG_CACHE_HOME` is ignored, as its specification asks.
    public static func named(
        _ name: String, environment: [String: String] = Environment.variables
    ) -> CacheFolder? {
        let base: String
        if let path = Environment.path("XDG_CACHE_HOME", in: environment), path.isAbsolutePath {
            base = path
        } else if let home = environment["HOME"], home.isAbsolutePath {
            base = home.appending(pathPart: ".cache")
        } else {
            return nil
        }
        return CacheFolder(base.appending(pathPart: "lls").appending(pathPart: name))
    }

    /// The path of the file for `key`.
    public func file(for key: String, type: String) -> String {
        path.appending(pathPart: "\(fingerprint(key.utf8)).\(type)")
    }

    /// The bytes that were written for `key`; nil if the file is absent, incomplete or for another
    /// key.
    public func read(_ key: String, type: String) -> Data? {
        let file = file(for: key, type: type)
        guard let bytes = try? readFile(file, limit: Self.maxSize) else { return nil }
        let header = Self.header(key).utf8
        guard bytes.starts(with: header) else { return nil }
        let rest = bytes.dropFirst(header.count)
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let body = rest[(end + 1)...]
        guard rest[..<end].elementsEqual(fingerprint(body).utf8) else { return nil }
        return Data(body)
    }

    /// Writes the bytes for `key`: the file appears whole or not at all.
    ///
    /// - Throws: `FileError`.
    public func write(_ body: Data, for key: String, type: String) throws(FileError) {
        try FileSystem.makeFolders(path)
        var file = try AtomicFile(file(for: key, type: type))
        try file.append((Self.header(key) + fingerprint(body) + "\n").utf8)
        try file.append(body)
        try file.commit()
    }

    /// Makes the folder and does `body` while no other process does anything of this kind there.
    func exclusively(_ body: () throws -> Void) throws {
        try FileSystem.makeFolders(path)
        let lock = FolderLock(path)
        try withExtendedLifetime(lock, body)
    }

    /// Tables and programs are far smaller: a larger file is not ours.
    private static let maxSize = 1 << 28

    private static func header(_ key: String) -> String {
        "lls cache 1: " + key.replacing("\n", with: " ") + "\n"
    }
}

/// FNV-1a of 64 bits: tells files apart, and guards against chance, not against malice.
func fingerprint(_ bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}
