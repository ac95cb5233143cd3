import CZlib
import Foundation

/// zlib's inflating state for one gzip member after another; `z_stream` must not move, so it lives on the heap.
struct Inflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    enum Outcome { case more, finished, failed(String) }

    /// The first two bytes of every gzip file.
    static let magic: [UInt8] = [0x1F, 0x8B]

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let gzipOnly: Int32 = 15 + 16
        let status = inflateInit2_(
            stream, gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib \(ZLIB_VERSION) does not start: \(status)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Begins the next member.
    func restart() {
        let status = inflateReset(stream)
        precondition(status == Z_OK, "zlib does not start again: \(status)")
    }

    /// Unzips from `input` into `output`: how much of each was used, and whether the stream ended.
    func inflate(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (consumed: Int, produced: Int, outcome: Outcome) {
        // zlib counts in 32 bits.
        let offered = min(input.count, 1 << 30)
        let room = min(output.count, 1 << 30)
        let start = input.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
        stream.pointee.avail_in = UInt32(offered)
        stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(room)
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        let outcome: Outcome =
            switch status {
            case Z_OK, Z_BUF_ERROR: .more
            case Z_STREAM_END: .finished
            default: .failed(stream.pointee.msg.map { String(cString: $0) } ?? "zlib \(status)")
            }
        return (
            offered - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out), outcome
        )
    }
}
