/// Counts the parts of an ONNX file before they are decoded: a decoder takes a hundred bytes and more
/// for a node that is two bytes in the file, so that a small file could take all memory.
struct ProtobufOutline {
    /// A kind of message, as far as it holds others.
    private enum Kind { case model, graph, node, attribute, tensor, leaf }

    /// More than any network's: the largest published models have some 100,000 nodes.
    static let greatestCount = 4_000_000
    /// A tensor's bytes as they are.
    private static let rawData: UInt64 = 9
    /// As deep as the decoder goes.
    private static let greatestDepth = 100

    /// Bytes in lists of numbers: a number of one byte takes eight in memory.
    private(set) var listBytes = 0
    private let bytes: UnsafeRawBufferPointer
    private var count = 0

    /// Nil unless these bytes are fields of a model, of a number and depth that can be decoded. What is
    /// in the fields is not looked at.
    static func of(_ bytes: [UInt8]) -> ProtobufOutline? {
        bytes.withUnsafeBytes {
            var outline = ProtobufOutline(bytes: $0)
            return outline.walk(0..<$0.count, .model, depth: 0) ? outline : nil
        }
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func walk(_ range: Range<Int>, _ kind: Kind, depth: Int) -> Bool {
        guard depth < Self.greatestDepth else { return false }
        var position = range.lowerBound
        while position < range.upperBound {
            count += 1
            guard count <= Self.greatestCount,
                let tag = number(&position, range.upperBound)
            else { return false }
            let end: Int
            switch tag & 7 {
            case 0:
                guard number(&position, range.upperBound) != nil else { return false }
                continue
            case 1: end = position + 8
            case 2:
                guard let length = number(&position, range.upperBound),
                    length <= range.upperBound - position
                else { return false }
                end = position + Int(length)
                if let inner = Self.kind(of: tag >> 3, in: kind) {
                    guard walk(position..<end, inner, depth: depth + 1) else { return false }
                } else if kind == .attribute || kind == .tensor && tag >> 3 != Self.rawData {
                    listBytes += Int(length)
                }
            case 5: end = position + 4
            // Groups, which ONNX has none of.
            default: return false
            }
            guard end <= range.upperBound else { return false }
            position = end
        }
        return true
    }

    /// What a field with this number holds; nil for text, bytes and numbers.
    private static func kind(of field: UInt64, in message: Kind) -> Kind? {
        switch (message, field) {
        case (.model, 7), (.attribute, 6): .graph
        case (.graph, 1): .node
        case (.node, 5): .attribute
        case (.graph, 5), (.attribute, 5): .tensor
        case (.model, 8), (.model, 14): .leaf
        // Inputs and outputs: a type in them, a shape in that.
        case (.graph, 11), (.graph, 12): .leaf
        default: nil
        }
    }

    /// A number of seven bits a byte; nil if it does not end.
    private func number(_ position: inout Int, _ end: Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < end else { return nil }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}
