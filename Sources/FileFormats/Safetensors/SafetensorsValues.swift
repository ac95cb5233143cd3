extension SafetensorsFile {
    /// The tensor's elements as floats, in row-major order.
    ///
    /// Takes F32, F64, F16, BF16, I32 and I64, rounding what a float cannot hold. Throws
    /// ``FileError`` when there is no such tensor, or one of another shape or type.
    public func floats(_ name: String, shape: [Int]? = nil) throws(FileError) -> [Float] {
        let entry = try entry(name, shape: shape)
        let bytes = entry.bytes
        switch entry.type {
        case .float32: return words(bytes).map { Float(bitPattern: $0) }
        case .float64: return words(bytes).map { Float(Double(bitPattern: $0)) }
        case .float16: return words(bytes).map(float(half:))
        case .bfloat16:
            return words(bytes).map { (bits: UInt16) in
                Float(bitPattern: UInt32(bits) << 16)
            }
        case .int32: return words(bytes).map { Float(Int32(bitPattern: $0)) }
        case .int64: return words(bytes).map { Float(Int64(bitPattern: $0)) }
        default: throw wrong(name, "unsupported element type \(entry.type.rawValue)")
        }
    }

    /// The tensor's elements, I64 or I32, as integers; throws as ``floats(_:shape:)`` does.
    public func integers(_ name: String, shape: [Int]? = nil) throws(FileError) -> [Int] {
        let entry = try entry(name, shape: shape)
        switch entry.type {
        case .int64: return words(entry.bytes).map { Int(Int64(bitPattern: $0)) }
        case .int32: return words(entry.bytes).map { Int(Int32(bitPattern: $0)) }
        default: throw wrong(name, "element type \(entry.type.rawValue) instead of an integer type")
        }
    }

    private func entry(_ name: String, shape: [Int]?) throws(FileError) -> Entry {
        guard let entry = entries[name] else { throw wrong(name, "missing from the file") }
        if let shape, shape != entry.shape {
            throw wrong(name, "its shape is \(entry.shape) instead of \(shape)")
        }
        return entry
    }

    private func wrong(_ name: String, _ reason: String) -> FileError {
        .malformed(
            path, field: "tensor '\(name)'", offset: entries[name]?.bytes.startIndex ?? 8, reason)
    }
}

/// Little-endian words of any alignment.
private func words<Word: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> [Word] {
    bytes.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: MemoryLayout<Word>.size).map {
            Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Word.self))
        }
    }
}

/// IEEE half precision; `Float16` is not on every platform.
func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
        let magnitude = Float(fraction) * 0x1p-24
        return Float(bitPattern: sign | magnitude.bitPattern)
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
}
