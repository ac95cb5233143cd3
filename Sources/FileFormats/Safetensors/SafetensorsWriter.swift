extension SafetensorsFile {
    /// Writes the file, replacing any other of that name at once; throws ``FileError``.
    ///
    /// Same contents, same bytes. For notes with one key at most they are those that the
    /// reference implementation writes: larger types first, then by name.
    public func write(to path: String) throws(FileError) {
        var file = try AtomicFile(path)
        let ordered = orderedEntries
        let header = header(of: ordered)
        try file.append(littleEndian([UInt64(header.count)]))
        try file.append(header)
        for (_, entry) in ordered { try file.append(entry.bytes) }
        try file.commit()
    }

    private var orderedEntries: [(name: String, entry: Entry)] {
        entries.map { (name: $0.key, entry: $0.value) }.sorted { left, right in
            left.entry.type == right.entry.type
                ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
                : left.entry.type > right.entry.type
        }
    }

    private func header(of ordered: [(name: String, entry: Entry)]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let notes = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\(quoted(Self.metadataKey)):{\(notes.joined(separator: ","))}")
        }
        var offset = 0
        for (name, entry) in ordered {
            let shape = entry.shape.map(String.init).joined(separator: ",")
            let end = offset + entry.bytes.count
            members.append(
                "\(quoted(name)):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        return header
    }

    /// A JSON string with the fewest escapes.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
