/// Fields of a protobuf message, in the order in which they are added.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, varint value: UInt64) {
        append(varint: UInt64(field << 3))
        append(varint: value)
    }

    mutating func add(_ field: Int, _ value: Double) {
        append(varint: UInt64(field << 3 | 1))
        append(littleEndian: value.bitPattern)
    }

    mutating func add(_ field: Int, _ value: Float) {
        append(varint: UInt64(field << 3 | 5))
        append(littleEndian: value.bitPattern)
    }

    mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

    mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

    private mutating func add(_ field: Int, _ content: [UInt8]) {
        append(varint: UInt64(field << 3 | 2))
        append(varint: UInt64(content.count))
        bytes += content
    }

    private mutating func append(varint value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func append(littleEndian value: some FixedWidthInteger) {
        bytes.append(littleEndian: value)
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// A record as TensorFlow frames it: the length and its sum, the content and its sum.
    init(record content: [UInt8]) {
        self = []
        append(littleEndian: UInt64(content.count))
        append(littleEndian: Self.masked(crc32c(self)))
        append(contentsOf: content)
        append(littleEndian: Self.masked(crc32c(content)))
    }

    /// TensorFlow's masking: sums of bytes that hold sums are weak.
    private static func masked(_ sum: UInt32) -> UInt32 {
        (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }
}

/// A moment of a run, as TensorBoard reads it: `tensorflow.Event`.
package struct TensorBoardEvent {
    private var message = ProtobufMessage()

    /// A record of an event file.
    package var record: [UInt8] { [UInt8](record: message.bytes) }

    /// - Parameter time: seconds since 1970.
    private init(_ time: Double, step: Int = 0) {
        message.add(1, time)
        if step > 0 { message.add(2, varint: UInt64(step)) }
    }

    /// What every file begins with.
    package static func version(_ time: Double) -> Self {
        var event = Self(time)
        event.message.add(3, "brain.Event:2")
        return event
    }

    /// Says that what other files have from this step on is to be forgotten.
    package static func restart(_ time: Double, step: Int) -> Self {
        var event = Self(time, step: step)
        var session = ProtobufMessage()
        session.add(1, varint: 1)
        event.message.add(7, session)
        return event
    }

    package static func scalar(_ scalar: Scalar, _ time: Double, step: Int) -> Self {
        var value = ProtobufMessage()
        value.add(1, scalar.name)
        value.add(2, Float(scalar.value))
        return summary(value, time, step: step)
    }

    /// A page of Markdown.
    package static func text(_ tag: String, _ text: String, _ time: Double, step: Int) -> Self {
        var plugin = ProtobufMessage()
        plugin.add(1, "text")
        var metadata = ProtobufMessage()
        metadata.add(1, plugin)
        var dimension = ProtobufMessage()
        dimension.add(1, varint: 1)
        var shape = ProtobufMessage()
        shape.add(2, dimension)
        var tensor = ProtobufMessage()
        // Of strings.
        tensor.add(1, varint: 7)
        tensor.add(2, shape)
        tensor.add(8, text)
        var value = ProtobufMessage()
        value.add(1, tag)
        value.add(8, tensor)
        value.add(9, metadata)
        return summary(value, time, step: step)
    }

    private static func summary(_ value: ProtobufMessage, _ time: Double, step: Int) -> Self {
        var event = Self(time, step: step)
        var summary = ProtobufMessage()
        summary.add(1, value)
        event.message.add(5, summary)
        return event
    }
}
