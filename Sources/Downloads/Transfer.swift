import CCurl
import FileFormats
import Foundation

/// How long a server may keep us waiting.
public struct Patience: Sendable {
    /// Seconds until a connection must stand.
    public var connecting = 15
    /// Seconds that less than ``leastRate`` may come.
    public var stalling = 30
    /// Bytes a second.
    public var leastRate = 1024

    public init(connecting: Int = 15, stalling: Int = 30, leastRate: Int = 1024) {
        self.connecting = connecting
        self.stalling = stalling
        self.leastRate = leastRate
    }
}

/// One HTTP request for the rest of a file, and what became of it.
final class Transfer {
    private let address: String
    private let file: RemoteFile
    private let part: PartialFile
    private let patience: Patience
    private let progress: (Int) -> Void

    private var handle: OpaquePointer?
    private var headers: [String: String] = [:]
    private var hasBegun = false
    private var failure: TransferFailure?
    private var diskError: FileError?

    /// The strong tag that the server gave the file, for the next request.
    private(set) var tag: String?

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Parameter progress: told how many bytes of the file there are.
    init(
        _ address: String, of file: RemoteFile, into part: PartialFile, tag: String?,
        _ patience: Patience, progress: @escaping (Int) -> Void
    ) {
        self.address = address
        self.file = file
        self.part = part
        self.tag = tag
        self.patience = patience
        self.progress = progress
    }

    /// Appends to the partial file until it is complete, beginning anew where the server cannot go
    /// on. Returns nil when all bytes are there, whatever they are.
    ///
    /// Throws ``FileError`` when the disk fails.
    func run() throws(FileError) -> TransferFailure? {
        guard Self.isReady, let curl = curl_easy_init() else {
            return .unreachable("cannot start libcurl")
        }
        defer { curl_easy_cleanup(curl) }
        handle = OpaquePointer(curl)
        configure(curl)
        var requestHeaders: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(requestHeaders) }
        if part.length > 0 {
            curl_set_string(curl, CURLOPT_RANGE, "\(part.length)-")
            if let tag {
                requestHeaders = curl_slist_append(nil, "If-Range: \(tag)")
                curl_set_request_headers(curl, requestHeaders)
            }
        }
        let code = withExtendedLifetime(self) { curl_easy_perform(curl) }
        if let diskError { throw diskError }
        if !hasBegun, code == CURLE_OK { begin(curl) }
        if let diskError { throw diskError }
        if let failure { return failure }
        return outcome(of: code)
    }

    private func configure(_ curl: UnsafeMutableRawPointer) {
        curl_set_string(curl, CURLOPT_URL, address)
        curl_set_string(curl, CURLOPT_USERAGENT, "lls")
        curl_allow_only_http(curl)
        curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
        curl_set_long(curl, CURLOPT_FOLLOWLOCATION, 1)
        curl_set_long(curl, CURLOPT_MAXREDIRS, 5)
        curl_set_long(curl, CURLOPT_CONNECTTIMEOUT, patience.connecting)
        curl_set_long(curl, CURLOPT_LOW_SPEED_LIMIT, patience.leastRate)
        curl_set_long(curl, CURLOPT_LOW_SPEED_TIME, patience.stalling)
        let context = Unmanaged.passUnretained(self).toOpaque()
        curl_set_headers(
            curl,
            { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                transfer.header(UnsafeRawBufferPointer(start: bytes, count: size * count))
                return size * count
            }, context)
        curl_set_body(
            curl,
            { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
                // Any other number than the one offered ends the transfer.
                return transfer.receive(body) ? size * count : 0
            }, context)
    }

    private func header(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self)
        // Each answer on the way, redirects included, starts with a status line.
        if line.hasPrefix("HTTP/") { return headers = [:] }
        guard let colon = line.firstIndex(of: ":") else { return }
        headers[line[..<colon].lowercased()] =
            line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func receive(_ body: UnsafeRawBufferPointer) -> Bool {
        if !hasBegun {
            guard let handle else { return false }
            begin(UnsafeMutableRawPointer(handle))
            if failure == nil, part.length == 0, isPage(body) { failure = .page }
        }
        guard failure == nil, diskError == nil else { return false }
        guard body.count <= file.byteCount - part.length else {
            failure = .wrongSize(part.length + body.count, expected: file.byteCount)
            return false
        }
        do throws(FileError) { try part.append(body) } catch {
            diskError = error
            return false
        }
        progress(part.length)
        return true
    }

    /// Looks at the answer before its first byte is taken.
    private func begin(_ curl: UnsafeMutableRawPointer) {
        hasBegun = true
        let status = curl_status(curl)
        guard status == 200 || status == 206 else { return failure = .status(status) }
        let type = headers["content-type", default: ""].lowercased()
        guard !type.hasPrefix("text/html") else { return failure = .page }
        if let etag = headers["etag"], !etag.hasPrefix("W/") { tag = etag }
        if status == 206 {
            guard let range = ContentRange(headers["content-range", default: ""]),
                range.first == part.length
            else { return failure = .unreachable("invalid answer to a range request") }
            if let total = range.total, total != file.byteCount {
                failure = .wrongSize(total, expected: file.byteCount)
            }
        } else {
            if let text = headers["content-length"], let total = Int(text),
                total != file.byteCount, headers["content-encoding"] == nil
            {
                return failure = .wrongSize(total, expected: file.byteCount)
            }
            do throws(FileError) { try part.restart() } catch { diskError = error }
        }
    }

    private func outcome(of code: CURLcode) -> TransferFailure? {
        switch code {
        case CURLE_OK where part.length == file.byteCount: return nil
        case CURLE_OK, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR:
            return .truncated(received: part.length, expected: file.byteCount)
        case CURLE_OPERATION_TIMEDOUT where handle.map(isConnected) ?? false:
            return .stalled(seconds: patience.stalling)
        case CURLE_OPERATION_TIMEDOUT:
            return .unreachable("no connection within \(patience.connecting) s")
        default: return .unreachable(String(cString: curl_easy_strerror(code)))
        }
    }

    private func isConnected(_ handle: OpaquePointer) -> Bool {
        curl_connected_after(UnsafeMutableRawPointer(handle)) > 0
    }
}

/// Whether bytes begin like a web page; no file of data does.
private func isPage(_ body: UnsafeRawBufferPointer) -> Bool {
    let start = String(decoding: body.prefix(64), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
}

/// `Content-Range: bytes 100-199/1000`, or `/*` where the total is not known.
private struct ContentRange {
    let first: Int
    let total: Int?

    init?(_ text: String) {
        let fields = text.split(whereSeparator: { " -/".contains($0) })
        guard fields.count == 4, fields[0].lowercased() == "bytes", let first = Int(fields[1]),
            fields[3] == "*" || Int(fields[3]) != nil
        else { return nil }
        self.first = first
        total = Int(fields[3])
    }
}
