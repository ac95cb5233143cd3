import CCurl
import FileFormats
import Foundation
import Synchronization

/// Says to requests of another thread that nobody waits for them any more.
final class Cancellation: Sendable {
    private let flag = Atomic(false)
    var isCancelled: Bool { flag.load(ordering: .acquiring) }
    func cancel() { flag.store(true, ordering: .releasing) }
}

/// How long a server may keep a request waiting, in seconds.
package struct ServerPatience: Sendable {
    /// Until a connection must stand.
    package var connecting = 5
    /// Without a byte in either direction.
    package var stalling = 20
    /// For one request in all.
    package var total = 120

    package init() {}
}

/// Requests to one server, one after the other, over one connection if the server keeps it.
final class HTTPConnection {
    struct Answer {
        let status: Int
        let body: [UInt8]
    }

    private let server: MLflowServer
    private let patience: ServerPatience
    private let cancellation: Cancellation
    private let handle: UnsafeMutableRawPointer?
    private var body: [UInt8] = []
    private var isTooLong = false
    private static let longestAnswer = 1 << 22
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(to server: MLflowServer, _ patience: ServerPatience, _ cancellation: Cancellation) {
        self.server = server
        self.patience = patience
        self.cancellation = cancellation
        handle = Self.isReady ? curl_easy_init() : nil
    }

    deinit { if let handle { curl_easy_cleanup(handle) } }

    /// Asks for `path` below the server's address, or sends JSON there, and waits for the answer.
    func request(_ path: String, json: [UInt8]? = nil) throws(ServerFailure) -> Answer {
        guard let handle else {
            throw .unreachable(server: server.address, "cannot start libcurl")
        }
        guard !cancellation.isCancelled else { throw .cancelled(server: server.address) }
        (body, isTooLong) = ([], false)
        // Connections stay.
        curl_easy_reset(handle)
        configure(handle, path)
        var headers = curl_slist_append(nil, "Accept: application/json")
        defer { curl_slist_free_all(headers) }
        if let json {
            _ = json.withUnsafeBytes { curl_set_post(handle, $0.baseAddress, $0.count) }
            headers = curl_slist_append(headers, "Content-Type: application/json")
            // Large bodies would wait a second for servers that do not answer it.
            headers = curl_slist_append(headers, "Expect:")
        }
        if case .token(let token) = server.authorization {
            headers = curl_slist_append(headers, "Authorization: Bearer \(token)")
        }
        curl_set_request_headers(handle, headers)
        let code = withExtendedLifetime(self) { curl_easy_perform(handle) }
        switch code {
        case CURLE_OK: return Answer(status: curl_status(handle), body: body)
        case CURLE_ABORTED_BY_CALLBACK: throw .cancelled(server: server.address)
        case _ where isTooLong:
            throw .notMLflow(
                server: server.address, "it is longer than \(Self.longestAnswer) bytes")
        case CURLE_OPERATION_TIMEDOUT:
            throw .unreachable(server: server.address, "no answer in time")
        default:
            throw .unreachable(server: server.address, String(cString: curl_easy_strerror(code)))
        }
    }

    private func configure(_ curl: UnsafeMutableRawPointer, _ path: String) {
        curl_set_string(curl, CURLOPT_URL, server.address + path)
        curl_set_string(curl, CURLOPT_USERAGENT, "lls")
        curl_allow_only_http(curl)
        curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
        // Credentials go to the server that was named, and to no other.
        curl_set_long(curl, CURLOPT_FOLLOWLOCATION, 0)
        curl_set_long(curl, CURLOPT_CONNECTTIMEOUT, patience.connecting)
        curl_set_long(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
        curl_set_long(curl, CURLOPT_LOW_SPEED_TIME, patience.stalling)
        curl_set_long(curl, CURLOPT_TIMEOUT, patience.total)
        // libcurl's default for them is HTTP's basic authentication.
        if case .password(let user, let password) = server.authorization {
            curl_set_string(curl, CURLOPT_USERNAME, user)
            curl_set_string(curl, CURLOPT_PASSWORD, password)
        }
        let context = Unmanaged.passUnretained(self).toOpaque()
        curl_set_progress(
            curl,
            { context, _, _, _, _ in
                guard let context else { return 1 }
                let connection = Unmanaged<HTTPConnection>.fromOpaque(context)
                return connection.takeUnretainedValue().cancellation.isCancelled ? 1 : 0
            }, context)
        curl_set_body(
            curl,
            { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let connection = Unmanaged<HTTPConnection>.fromOpaque(context)
                let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
                // Any other number than the one offered ends the transfer.
                return connection.takeUnretainedValue().receive(part) ? size * count : 0
            }, context)
    }

    private func receive(_ part: UnsafeRawBufferPointer) -> Bool {
        guard body.count + part.count <= Self.longestAnswer else {
            isTooLong = true
            return false
        }
        body += part
        return true
    }
}
