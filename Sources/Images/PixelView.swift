import Foundation

/// A rectangle of 8-bit pixels that somebody else owns: `[height, width, channels]`, rows `stride`
/// bytes apart.
public struct PixelView {
    public let base: UnsafePointer<UInt8>
    public let height, width, channels: Int
    public let stride: Int
    /// Keeps the memory; nil where the caller does.
    private let owner: PixelBuffer?

    public init(_ base: UnsafePointer<UInt8>, height: Int, width: Int, channels: Int) {
        self.init(
            base, height: height, width: width, channels: channels, stride: width * channels,
            owner: nil)
    }

    /// An image that fills the start of a buffer.
    init(_ buffer: PixelBuffer, height: Int, width: Int, channels: Int) {
        self.init(
            buffer.start, height: height, width: width, channels: channels,
            stride: width * channels, owner: buffer)
    }

    private init(
        _ base: UnsafePointer<UInt8>, height: Int, width: Int, channels: Int, stride: Int,
        owner: PixelBuffer?
    ) {
        self.base = base
        self.height = height
        self.width = width
        self.channels = channels
        self.stride = stride
        self.owner = owner
    }

    /// A part of it, without a copy. Traps when the part reaches beyond the whole.
    public func part(top: Int, left: Int, height: Int, width: Int) -> PixelView {
        precondition(
            top >= 0 && left >= 0 && height > 0 && width > 0 && top + height <= self.height
                && left + width <= self.width,
            "\(height) × \(width) at (\(top), \(left)) of \(self.height) × \(self.width)")
        return PixelView(
            base + top * stride + left * channels, height: height, width: width,
            channels: channels, stride: stride, owner: owner)
    }

    /// Lends the address of the first pixel, and keeps the memory until `body` returns.
    func withBase<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withExtendedLifetime(owner) { body(base) }
    }

    /// The bytes of the rectangle, row by row.
    public var bytes: [UInt8] {
        withExtendedLifetime(owner) {
            (0..<height).flatMap { row in
                UnsafeBufferPointer(start: base + row * stride, count: width * channels)
            }
        }
    }
}

/// Memory for one image after another: it grows to the largest, and is taken anew for none.
final class PixelBuffer {
    private var capacity = 1
    private var memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)

    deinit { free(memory) }

    var start: UnsafePointer<UInt8> { UnsafePointer(memory) }

    /// Room for `count` bytes of any value; what was there before is gone.
    ///
    /// Throws if there is not so much memory: how much an image takes, its file decides.
    func reserve(_ count: Int) throws(PixelMemoryError) -> UnsafeMutablePointer<UInt8> {
        guard capacity < count else { return memory }
        guard let grown = malloc(count) else { throw PixelMemoryError(byteCount: count) }
        free(memory)
        memory = grown.bindMemory(to: UInt8.self, capacity: count)
        capacity = count
        return memory
    }
}

/// There is no memory for the pixels of an image.
public struct PixelMemoryError: Error, CustomStringConvertible {
    let byteCount: Int
    public var description: String { "out of memory: its pixels have \(byteCount) bytes" }
}
