import CCrypto
import Foundation

/// SHA-256 of bytes that arrive in parts, by OpenSSL's libcrypto.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer?
    /// Once OpenSSL has refused a call, no digest is given.
    private var isSound: Bool

    public init() {
        context = EVP_MD_CTX_new()
        isSound = context != nil && EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        isSound = isSound && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
    }

    /// The digest in lower-case hexadecimal; nil if OpenSSL could not compute one (out of memory).
    public consuming func hexadecimal() -> String? {
        var digest = [UInt8](repeating: 0, count: 32)
        guard isSound, EVP_DigestFinal_ex(context, &digest, nil) == 1 else { return nil }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// SHA-256 of a file of any size, in lower-case hexadecimal; throws ``FileError``.
public func digestOfFile(_ path: String) throws(FileError) -> String {
    let file = try InputFile(path)
    var hash = SHA256()
    var buffer = [UInt8](uninitialized: 1 << 20)
    while true {
        let count = try buffer.fill { buffer throws(FileError) in try file.read(into: buffer) }
        if count == 0 { break }
        buffer.withUnsafeBytes { hash.update(.init(rebasing: $0[..<count])) }
    }
    guard let digest = hash.hexadecimal() else {
        throw FileError(
            path: path, operation: "hash", reason: "OpenSSL cannot compute SHA-256",
            category: .inputOutput)
    }
    return digest
}
