import CTIFF
import Foundation

/// What libtiff says of a file.
final class TIFFMessages {
    /// The first error.
    fileprivate(set) var error: String?
    /// Whether there are more samples than the file says the meaning of: libtiff guesses it.
    fileprivate(set) var samplesAreGuessed = false

    fileprivate func add(_ text: String, isError: Bool) {
        if isError { error = error ?? text }
        if text.hasPrefix("Sum of Photometric") { samplesAreGuessed = true }
    }
}

/// Bytes that libtiff takes for a file, and where it is in them.
private final class TIFFSource {
    let bytes: UnsafeRawBufferPointer
    var position: UInt64 = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func of(_ data: UnsafeMutableRawPointer?) -> TIFFSource? {
        data.map { Unmanaged<TIFFSource>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// A file that libtiff has open; the bytes stay in place meanwhile.
final class TIFFFile {
    /// No tag's values and no strip may take more, whatever a file says.
    private static let greatestAllocation = 1 << 28

    let handle: OpaquePointer
    private let source: TIFFSource

    /// Opens it, and reads the tags of the first image.
    init(_ bytes: UnsafeRawBufferPointer, _ messages: TIFFMessages) throws(DecodingFailure) {
        source = TIFFSource(bytes)
        guard let options = TIFFOpenOptionsAlloc() else {
            throw DecodingFailure("cannot start libtiff")
        }
        defer { TIFFOpenOptionsFree(options) }
        let listener = Unmanaged.passUnretained(messages).toOpaque()
        TIFFOpenOptionsSetMaxSingleMemAlloc(options, tmsize_t(Self.greatestAllocation))
        TIFFOpenOptionsSetErrorHandlerExtR(
            options, { TIFFFile.hear($1, $3, $4, isError: true) }, listener)
        TIFFOpenOptionsSetWarningHandlerExtR(
            options, { TIFFFile.hear($1, $3, $4, isError: false) }, listener)
        let file = TIFFClientOpenExt(
            "image", "r", Unmanaged.passUnretained(source).toOpaque(),
            { data, target, count in
                guard let source = TIFFSource.of(data), let target, count > 0 else { return 0 }
                let start = Int(min(source.position, UInt64(source.bytes.count)))
                let part = source.bytes[start...].prefix(Int(count))
                UnsafeMutableRawBufferPointer(start: target, count: part.count).copyBytes(
                    from: part)
                source.position += UInt64(part.count)
                return tmsize_t(part.count)
            },
            { _, _, _ in -1 },
            { data, offset, origin in
                guard let source = TIFFSource.of(data) else { return UInt64.max }
                let base =
                    switch origin {
                    case SEEK_CUR: source.position
                    case SEEK_END: UInt64(source.bytes.count)
                    default: UInt64(0)
                    }
                source.position = base &+ offset
                return source.position
            },
            { _ in 0 },
            { UInt64(TIFFSource.of($0)?.bytes.count ?? 0) },
            { data, base, size in
                guard let bytes = TIFFSource.of(data)?.bytes, let start = bytes.baseAddress
                else { return 0 }
                base?.pointee = UnsafeMutableRawPointer(mutating: start)
                size?.pointee = UInt64(bytes.count)
                return 1
            },
            { _, _, _ in }, options)
        guard let file else {
            throw DecodingFailure("its header is damaged (\(messages.error ?? "unknown error"))")
        }
        handle = file
    }

    deinit { TIFFClose(handle) }

    private static func hear(
        _ listener: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?,
        _ arguments: CVaListPointer?, isError: Bool
    ) -> Int32 {
        guard let listener, let format, let arguments else { return 1 }
        var text = [CChar](repeating: 0, count: 200)
        vsnprintf(&text, text.count, format, arguments)
        let messages = Unmanaged<TIFFMessages>.fromOpaque(listener).takeUnretainedValue()
        let end = text.firstIndex(of: 0) ?? text.count
        let bytes = text[..<end].map { UInt8(bitPattern: $0) }
        messages.add(String(decoding: bytes, as: UTF8.self), isError: isError)
        return 1  // nothing is printed
    }
}
