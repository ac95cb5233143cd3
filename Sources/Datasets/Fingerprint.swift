import FileFormats

extension ImageDataset {
    /// A hash by which two runs can tell whether they had the same data: of class names, labels, and the
    /// pixels in memory or the names and sizes of the image files. It does not depend on the folder.
    ///
    /// - Returns: the SHA-256, in lower-case hexadecimal.
    /// - Throws: `FileError` for a file that is gone.
    public func fingerprint() throws(FileError) -> String {
        var hash = SHA256()
        for name in classNames { hash.update(text: name) }
        for split in [train, test] { try split.add(to: &hash, below: folder) }
        guard let digest = hash.hexadecimal() else {
            throw FileError(
                path: folder, operation: "hash", reason: "OpenSSL cannot compute SHA-256",
                category: .inputOutput)
        }
        return digest
    }
}

extension ImageSplit {
    fileprivate func add(to hash: inout SHA256, below folder: String) throws(FileError) {
        hash.update(text: "\(count) samples")
        labels.map(\.littleEndian).withUnsafeBytes { hash.update($0) }
        switch images {
        case .pixels(let array):
            hash.update(text: "\(array.height)x\(array.width)x\(array.channels)")
            array.bytes.withUnsafeBytes { hash.update($0) }
        case .files(let paths):
            for path in paths {
                let name = path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
                hash.update(text: "\(name) \(try FileSystem.size(of: path))")
            }
        }
    }
}

extension SHA256 {
    /// A text and its end.
    fileprivate mutating func update(text: String) {
        (text.pathBytes + [0]).withUnsafeBytes { update($0) }
    }
}
