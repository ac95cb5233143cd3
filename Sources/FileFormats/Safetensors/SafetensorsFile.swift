/// Named tensors in a file, in the format of Hugging Face's safetensors.
///
/// Eight bytes of header length, a JSON header, then the tensors' bytes, little-endian, without
/// gaps. Reading is strict; writing depends on the contents alone and replaces a file atomically.
public struct SafetensorsFile: Sendable, Equatable {
    /// The types of elements, in the order in which the reference implementation ranks them.
    public enum ElementType: String, Sendable, CaseIterable, Comparable {
        case bool = "BOOL"
        case float4 = "F4"
        case float6E2M3 = "F6_E2M3"
        case float6E3M2 = "F6_E3M2"
        case uint8 = "U8"
        case int8 = "I8"
        case float8E5M2 = "F8_E5M2"
        case float8E4M3 = "F8_E4M3"
        case float8E8M0 = "F8_E8M0"
        case int16 = "I16"
        case uint16 = "U16"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case int32 = "I32"
        case uint32 = "U32"
        case float32 = "F32"
        case complex64 = "C64"
        case float64 = "F64"
        case int64 = "I64"
        case uint64 = "U64"

        public var bitWidth: Int {
            switch self {
            case .float4: 4
            case .float6E2M3, .float6E3M2: 6
            case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0: 8
            case .int16, .uint16, .float16, .bfloat16: 16
            case .int32, .uint32, .float32: 32
            case .complex64, .float64, .int64, .uint64: 64
            }
        }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        /// Bytes of a tensor of this type; nil when the product overflows or ends within a byte.
        package func byteCount(of shape: [Int]) -> Int? {
            var count = 1
            for extent in shape + [bitWidth] {
                let (product, overflow) = count.multipliedReportingOverflow(by: extent)
                guard !overflow else { return nil }
                count = product
            }
            return count % 8 == 0 ? count / 8 : nil
        }
    }

    /// One tensor: its elements in row-major order, little-endian.
    public struct Entry: Sendable, Equatable {
        public let type: ElementType
        public let shape: [Int]
        public let bytes: ArraySlice<UInt8>

        /// Traps when the bytes are not those of the shape.
        public init(type: ElementType, shape: [Int], bytes: ArraySlice<UInt8>) {
            precondition(
                type.byteCount(of: shape) == bytes.count,
                "\(bytes.count) bytes for \(type.rawValue) \(shape)")
            self.type = type
            self.shape = shape
            self.bytes = bytes
        }

        public init(_ values: [Float], shape: [Int]) {
            self.init(type: .float32, shape: shape, bytes: littleEndian(values.map(\.bitPattern)))
        }

        public init(_ values: [Int64], shape: [Int]) {
            self.init(type: .int64, shape: shape, bytes: littleEndian(values))
        }
    }

    /// Where it was read from; for messages.
    public let path: String
    /// The file's free notes: `__metadata__`.
    public var metadata: [String: String]
    public internal(set) var entries: [String: Entry]

    /// An empty file, to be filled and written.
    public init(metadata: [String: String] = [:]) {
        path = "safetensors"
        self.metadata = metadata
        entries = [:]
    }

    init(path: String, metadata: [String: String], entries: [String: Entry]) {
        self.path = path
        self.metadata = metadata
        self.entries = entries
    }

    /// The tensor of this name, or nil.
    public subscript(name: String) -> Entry? {
        get { entries[name] }
        set {
            precondition(name != Self.metadataKey, "'\(name)' is not a tensor's name")
            entries[name] = newValue
        }
    }

    /// Two files are equal when their contents are, wherever they lie.
    public static func == (left: Self, right: Self) -> Bool {
        left.metadata == right.metadata && left.entries == right.entries
    }

    static let metadataKey = "__metadata__"
    /// The reference implementation's bound.
    static let greatestHeader = 100_000_000
}

/// The bytes of integers in the file's order.
func littleEndian<Element: FixedWidthInteger>(_ values: [Element]) -> ArraySlice<UInt8> {
    values.map(\.littleEndian).withUnsafeBytes { ArraySlice($0) }
}
