/// A strict reader of JSON text, piece by piece, that knows where it is.
///
/// Foundation's readers take `{"a": 1, "a": 2}` without a word; here a second key is an error.
/// The caller says what must come next, so there is no nesting to run out of stack with.
struct JSONScanner {
    /// What is wrong, and at which byte of the text.
    struct Failure: Error {
        let offset: Int
        let reason: String
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    /// Throws ``Failure`` unless the bytes are UTF-8.
    init(_ bytes: ArraySlice<UInt8>) throws(Failure) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Failure(offset: 0, reason: "the text is not UTF-8")
        }
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Bytes read so far.
    var offset: Int { position - bytes.startIndex }

    /// Reads an object; `member` reads the value that follows each key.
    mutating func object(
        _ member: (inout JSONScanner, String) throws(Failure) -> Void
    ) throws(Failure) {
        var keys: Set<String> = []
        try expect("{")
        if take("}") { return }
        repeat {
            skipSpace()
            let start = offset
            let key = try string()
            guard keys.insert(key).inserted else {
                throw Failure(offset: start, reason: "the key '\(key)' appears twice")
            }
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    /// Reads an array; `element` reads each element.
    mutating func array(_ element: (inout JSONScanner) throws(Failure) -> Void) throws(Failure) {
        try expect("[")
        if take("]") { return }
        repeat { try element(&self) } while take(",")
        try expect("]")
    }

    /// Reads a whole number that is not negative and fits an `Int`.
    mutating func wholeNumber() throws(Failure) -> Int {
        skipSpace()
        let start = offset
        var value = 0
        var digits = 0
        while let digit = peek, (0x30...0x39).contains(digit) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
            guard !overflow, !carry else {
                throw Failure(offset: start, reason: "the number is too large")
            }
            guard digits == 0 || value != 0 else {
                throw Failure(offset: start, reason: "the number starts with 0")
            }
            value = sum
            digits += 1
            position += 1
        }
        let tail: [UInt8] = [0x2E, 0x65, 0x45]  // . e E
        guard digits > 0, !(peek.map(tail.contains) ?? false) else {
            throw Failure(offset: start, reason: "expected a whole number")
        }
        return value
    }

    /// Reads a string.
    mutating func string() throws(Failure) -> String {
        try expect("\"")
        let start = offset
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20:
                throw Failure(offset: offset - 1, reason: "a control character in a string")
            default: text.append(byte)
            }
        }
        throw Failure(offset: start, reason: "unterminated string")
    }

    /// Throws ``Failure`` unless only the byte 0x20 is left: what safetensors pads with.
    func expectPadding() throws(Failure) {
        if let index = bytes[position...].firstIndex(where: { $0 != 0x20 }) {
            throw Failure(
                offset: index - bytes.startIndex, reason: "expected only spaces after the object")
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        let start = offset - 1
        guard let byte = peek else { return }
        position += 1
        let plain: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F,
            UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
            UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        ]
        if let character = plain[byte] { return text.append(character) }
        guard byte == UInt8(ascii: "u"), var code = hexadecimal() else {
            throw Failure(offset: start, reason: "unknown escape in a string")
        }
        if (0xD800..<0xDC00).contains(code), take(0x5C), take(0x75),
            let low = hexadecimal(), (0xDC00..<0xE000).contains(low)
        {
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw Failure(offset: start, reason: "half of a surrogate pair in a string")
        }
        text += Array(String(Character(scalar)).utf8)
    }

    private mutating func hexadecimal() -> UInt32? {
        guard bytes.endIndex - position >= 4 else { return nil }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }

    private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        let space: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        while let byte = peek, space.contains(byte) { position += 1 }
    }

    /// Takes this very byte if it is next.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    /// Takes this mark, after white space, if it is next.
    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        return take(UInt8(ascii: mark))
    }

    private mutating func expect(_ mark: Unicode.Scalar) throws(Failure) {
        guard take(mark) else {
            throw Failure(offset: offset, reason: "expected '\(mark)'")
        }
    }
}
