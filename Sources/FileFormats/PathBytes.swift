/// Paths are bytes, and Swift's strings hold only Unicode. A path is carried in a `String` all the
/// same: each byte that is not part of well-formed UTF-8 becomes one scalar of a private-use range,
/// U+10F780 for 0x80 up to U+10F7FF for 0xFF. A file name that holds such a scalar itself has its four
/// bytes carried in the same way, so that every path comes back byte for byte.
///
/// Python's `surrogateescape` does the same with surrogates, which a Swift string cannot hold.
private let carried: ClosedRange<UInt32> = 0x10F780...0x10F7FF

/// The first byte in UTF-8 of every scalar in ``carried``; few others begin with it.
private let lead: UInt8 = 0xF4

extension String {
    /// The path that consists of these bytes.
    public init(pathBytes bytes: some Collection<UInt8>) {
        if !bytes.contains(lead), let text = String(validating: bytes, as: UTF8.self) {
            self = text
            return
        }
        self.init()
        let all = Array(bytes)
        var parser = Unicode.UTF8.ForwardParser()
        var source = all.makeIterator()
        var position = 0
        while true {
            switch parser.parseScalar(from: &source) {
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                if carried.contains(scalar.value) {
                    carry(all[position..<position + encoded.count])
                } else {
                    unicodeScalars.append(scalar)
                }
                position += encoded.count
            case .error(let length):
                carry(all[position..<position + length])
                position += length
            case .emptyInput:
                return
            }
        }
    }

    /// The path at a C string.
    public init(pathAt start: UnsafePointer<CChar>) {
        var count = 0
        while start[count] != 0 { count += 1 }
        self = start.withMemoryRebound(to: UInt8.self, capacity: count) {
            String(pathBytes: UnsafeBufferPointer(start: $0, count: count))
        }
    }

    private mutating func carry(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            // A lone byte below 0x80 is well-formed, so none comes here.
            guard let scalar = Unicode.Scalar(0x10F700 + UInt32(byte)) else { continue }
            unicodeScalars.append(scalar)
        }
    }

    /// The bytes of this path, as the system knows it.
    public var pathBytes: [UInt8] {
        let encoded = utf8
        guard encoded.contains(lead) else { return Array(encoded) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        for scalar in unicodeScalars {
            if carried.contains(scalar.value) {
                bytes.append(UInt8(scalar.value - 0x10F700))
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return bytes
    }

    /// Hands this path to a system call as a C string.
    ///
    /// No file has a NUL in its name. A path with one is handed on as the empty path, which no file
    /// has either, instead of being cut short and naming another file.
    public func withPathBytes<Result>(
        _ body: (UnsafePointer<CChar>) throws -> Result
    ) rethrows -> Result {
        var bytes = pathBytes
        if bytes.contains(0) { bytes = [] }
        bytes.append(0)
        return try bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("it holds a NUL") }
            return try start.withMemoryRebound(to: CChar.self, capacity: buffer.count, body)
        }
    }
}

// MARK: - For people

extension String {
    /// This path or argument for a message: itself, unless a terminal would not show it faithfully.
    /// Then it is quoted as a shell takes it, `$'caf\xe9'`. A very long one loses its middle.
    public var legible: String {
        let isPlain = !isEmpty && !unicodeScalars.contains(where: isHidden)
        let text = isPlain ? self : shellQuoted
        guard text.unicodeScalars.count > 400 else { return text }
        let (head, tail) = (text.unicodeScalars.prefix(160), text.unicodeScalars.suffix(160))
        return String(head) + "…" + String(tail)
    }

    /// This argument as a shell must be given it.
    public var shellQuoted: String {
        if unicodeScalars.contains(where: isHidden) {
            return "$'" + unicodeScalars.map(escaped).joined() + "'"
        }
        if wholeMatch(of: /[A-Za-z0-9_\/.:=,+@%\-]+/) != nil { return self }
        return "'" + unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }

    /// This text with every carried byte and control character written as `\xHH`; line breaks and
    /// tabs stay.
    public var withoutControls: String {
        guard unicodeScalars.contains(where: { isHidden($0) && $0 != "\n" && $0 != "\t" }) else {
            return self
        }
        return unicodeScalars.map { scalar in
            isHidden(scalar) && scalar != "\n" && scalar != "\t" ? escaped(scalar) : String(scalar)
        }.joined()
    }
}

/// Whether a terminal would obey the scalar, or could not show it.
private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20..<0x7F: false
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, carried: true
    // They turn the direction of writing, so that a name reads as another.
    case 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
}

/// The scalar inside `$'…'`.
private func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\t": "\\t"
    case "\r": "\\r"
    case "'": "\\'"
    case "\\": "\\\\"
    case let hidden where isHidden(hidden):
        String(hidden).pathBytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
    default: String(scalar)
    }
}
