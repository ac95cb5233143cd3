/// What a tensor holds, gathered from its elements as they come: NaN and infinity are counted, and all
/// else is of the finite ones.
public struct TensorStatistics: Sendable, Equatable {
    public private(set) var nanCount = 0
    public private(set) var infinityCount = 0
    /// Of the finite elements; nil if there are none.
    public private(set) var minimum, maximum: Double?
    private var finiteCount = 0
    private var sum = 0.0

    public init() {}

    /// The mean of the finite elements; nil if there are none.
    public var mean: Double? { finiteCount > 0 ? sum / Double(finiteCount) : nil }

    /// Adds little-endian elements of a type that ``SafetensorsFile/ElementType/isNumber``.
    public mutating func add(
        _ bytes: UnsafeRawBufferPointer, _ type: SafetensorsFile.ElementType
    ) {
        switch type {
        case .float32: add(bytes) { (bits: UInt32) in Double(Float(bitPattern: bits)) }
        case .float64: add(bytes) { (bits: UInt64) in Double(bitPattern: bits) }
        case .float16: add(bytes) { (bits: UInt16) in Double(float(half: bits)) }
        case .bfloat16:
            add(bytes) { (bits: UInt16) in Double(Float(bitPattern: UInt32(bits) << 16)) }
        // Half of a half: the same sign and exponent.
        case .float8E5M2: add(bytes) { (bits: UInt8) in Double(float(half: UInt16(bits) << 8)) }
        case .float8E4M3: add(bytes, value(ofE4M3:))
        case .bool, .uint8: add(bytes) { (value: UInt8) in Double(value) }
        case .int8: add(bytes) { (value: Int8) in Double(value) }
        case .uint16: add(bytes) { (value: UInt16) in Double(value) }
        case .int16: add(bytes) { (value: Int16) in Double(value) }
        case .uint32: add(bytes) { (value: UInt32) in Double(value) }
        case .int32: add(bytes) { (value: Int32) in Double(value) }
        case .uint64: add(bytes) { (value: UInt64) in Double(value) }
        case .int64: add(bytes) { (value: Int64) in Double(value) }
        case .float4, .float6E2M3, .float6E3M2, .float8E8M0, .complex64:
            preconditionFailure("\(type.rawValue) is no type of plain numbers")
        }
    }

    private mutating func add<Word: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ value: (Word) -> Double
    ) {
        let width = MemoryLayout<Word>.size
        for offset in stride(from: 0, through: bytes.count - width, by: width) {
            let value = value(
                Word(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Word.self)))
            guard value.isFinite else {
                if value.isNaN { nanCount += 1 } else { infinityCount += 1 }
                continue
            }
            finiteCount += 1
            sum += value
            minimum = min(minimum ?? value, value)
            maximum = max(maximum ?? value, value)
        }
    }
}

extension SafetensorsFile.ElementType {
    /// Whether an element is a number of whole bytes: not one of the types of 4 and 6 bits, powers of
    /// two alone, or complex.
    public var isNumber: Bool {
        switch self {
        case .float4, .float6E2M3, .float6E3M2, .float8E8M0, .complex64: false
        default: true
        }
    }
}

/// Four bits of exponent, around 7, and three of fraction; without infinities, and with one NaN.
private func value(ofE4M3 bits: UInt8) -> Double {
    let magnitude = bits & 0x7F
    guard magnitude != 0x7F else { return .nan }
    let (exponent, fraction) = (Int(magnitude >> 3), Double(magnitude & 7) / 8)
    let value =
        exponent == 0
        ? fraction / 64
        : (1 + fraction) * Double(sign: .plus, exponent: exponent - 7, significand: 1)
    return bits & 0x80 == 0 ? value : -value
}
