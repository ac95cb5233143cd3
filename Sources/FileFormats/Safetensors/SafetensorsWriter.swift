extension SafetensorsFile {
    /// Writes the file, replacing any other of that name at once; throws ``FileError``.
    ///
    /// Same contents, same bytes. For notes with one key at most they are those that the
    /// reference implementation writes: larger types first, then by name.
    public func write(to path: String) throws(FileError) { try write(to: path, calls: .system) }

    package func write(to path: String, calls: FileCalls) throws(FileError) {
        var file = try AtomicFile(path, calls: calls)
        try file.append(start(of: plans))
        for plan in plans { try file.append(entries[plan.name]?.bytes ?? []) }
        try file.commit()
    }

    /// Writes the file with one tensor of floats more, `name`, that is made part by part: it is never
    /// in memory as a whole.
    ///
    /// Throws ``FileError``, or what `part` throws; then nothing is left.
    ///
    /// - Precondition: the parts together have as many floats as the shape.
    public func write(
        to path: String, adding name: String, shape: [Int], parts: Int,
        part: (Int) throws -> [Float]
    ) throws {
        let plans = (plans + [Plan(name: name, type: .float32, shape: shape)]).sorted(by: precedes)
        var file = try AtomicFile(path)
        try file.append(start(of: plans))
        for plan in plans {
            guard plan.name == name else {
                try file.append(entries[plan.name]?.bytes ?? [])
                continue
            }
            var byteCount = 0
            for number in 0..<parts {
                let bytes = littleEndian(try part(number).map(\.bitPattern))
                byteCount += bytes.count
                try file.append(bytes)
            }
            precondition(
                byteCount == ElementType.float32.byteCount(of: shape),
                "\(byteCount) bytes for F32 \(shape)")
        }
        try file.commit()
    }

    /// A tensor, before its bytes are there.
    private struct Plan {
        let name: String
        let type: ElementType
        let shape: [Int]
    }

    private var plans: [Plan] {
        entries.map { Plan(name: $0, type: $1.type, shape: $1.shape) }.sorted(by: precedes)
    }

    private func precedes(_ left: Plan, _ right: Plan) -> Bool {
        left.type == right.type
            ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : left.type > right.type
    }

    /// The length of the header, and the header.
    private func start(of plans: [Plan]) -> [UInt8] {
        let header = header(of: plans)
        return Array(littleEndian([UInt64(header.count)])) + header
    }

    private func header(of plans: [Plan]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let notes = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\(quoted(Self.metadataKey)):{\(notes.joined(separator: ","))}")
        }
        var offset = 0
        for plan in plans {
            let shape = plan.shape.map(String.init).joined(separator: ",")
            let end = offset + (plan.type.byteCount(of: plan.shape) ?? 0)
            members.append(
                "\(quoted(plan.name)):{\"dtype\":\"\(plan.type.rawValue)\",\"shape\":[\(shape)],"
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
