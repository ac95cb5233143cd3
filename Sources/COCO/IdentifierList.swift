import FileFormats

/// Reads a text file with one number a line: the ids of COCO's minival images.
///
/// Empty lines do not count. Throws ``FileError`` naming the line that is no number or a repeat.
public func readIdentifiers(_ path: String) throws(FileError) -> Set<Int> {
    let bytes = try readFile(path, limit: 64 << 20)
    var identifiers: Set<Int> = []
    var offset = 0
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        .enumerated()
    {
        defer { offset += line.count + 1 }
        let text = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
        guard !text.isEmpty else { continue }
        guard let identifier = Int(text), identifier >= 0 else {
            throw .malformed(
                path, field: "line \(number + 1)", offset: offset,
                "\(String(text.prefix(40)).debugDescription) is not an image id")
        }
        guard identifiers.insert(identifier).inserted else {
            throw .malformed(
                path, field: "line \(number + 1)", offset: offset,
                "image \(identifier) appears twice")
        }
    }
    guard !identifiers.isEmpty else {
        throw .malformed(path, field: "line 1", offset: 0, "it contains no ids")
    }
    return identifiers
}
