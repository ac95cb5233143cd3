import FileFormats
import Foundation

extension ONNXSummary.Constant {
    /// - Throws: `FileError` if the elements are not those of the shape.
    init(_ tensor: TensorProto, _ path: String) throws(FileError) {
        let shape = tensor.dims.map { Int($0) }
        func malformed(_ reason: String) -> FileError {
            .malformed(
                path, field: "tensor '\(tensor.name)'", offset: 0, reason,
                advice: "The file is damaged; get it again.")
        }
        guard shape.allSatisfy({ $0 >= 0 }) else { throw malformed("its shape is \(shape)") }
        var statistics: TensorStatistics?
        if tensor.dataLocation != .external, let type = tensor.elementType, type.isNumber {
            guard let expected = type.byteCount(of: shape) else {
                throw malformed("its shape is \(shape)")
            }
            var found = TensorStatistics()
            let count = tensor.read { bytes, type in
                found.add(bytes, type)
                return bytes.count
            }
            guard count == expected else {
                throw malformed("\(count) bytes of elements, but \(shape) needs \(expected)")
            }
            statistics = found
        }
        self.init(
            name: tensor.name, type: TensorProto.name(ofType: tensor.dataType), shape: shape,
            statistics: statistics)
    }
}

extension TensorProto {
    /// ONNX's name in lower case: `float`, `uint8`.
    static func name(ofType type: Int32) -> String {
        DataType(rawValue: Int(type)).map { "\($0)" } ?? "unknown type \(type)"
    }

    /// The same type in safetensors; nil for texts and for what it does not have.
    fileprivate var elementType: SafetensorsFile.ElementType? {
        switch DataType(rawValue: Int(dataType)) {
        case .float: .float32
        case .double: .float64
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .float8E4M3Fn: .float8E4M3
        case .float8E5M2: .float8E5M2
        case .bool: .bool
        case .uint8: .uint8
        case .int8: .int8
        case .uint16: .uint16
        case .int16: .int16
        case .uint32: .uint32
        case .int32: .int32
        case .uint64: .uint64
        case .int64: .int64
        default: nil
        }
    }

    /// Hands on the elements, as bytes of their type: raw ones, or those of the list for their type.
    /// Small types share the list of 32-bit integers. Returns what `body` does, 0 without a type.
    fileprivate func read(
        _ body: (UnsafeRawBufferPointer, SafetensorsFile.ElementType) -> Int
    ) -> Int {
        guard let type = elementType else { return 0 }
        if hasRawData { return rawData.withUnsafeBytes { body($0, type) } }
        func hand(_ values: some Sequence<some FixedWidthInteger>) -> Int {
            values.map(\.littleEndian).withUnsafeBytes { body($0, type) }
        }
        switch type {
        case .float32: return hand(floatData.map(\.bitPattern))
        case .float64: return hand(doubleData.map(\.bitPattern))
        case .int64: return hand(int64Data)
        case .uint64: return hand(uint64Data)
        case .uint32: return hand(uint64Data.map { UInt32(truncatingIfNeeded: $0) })
        case .int32: return hand(int32Data)
        default:
            return type.bitWidth == 16
                ? hand(int32Data.map { UInt16(truncatingIfNeeded: $0) })
                : hand(int32Data.map { UInt8(truncatingIfNeeded: $0) })
        }
    }
}
