import Foundation
import Synchronization

/// An HTTP server on this machine, with whatever faults a test wants.
public final class LoopbackServer: Sendable {
    public struct Request: Sendable {
        public let method, path: String
        /// What came after the head.
        public let body: [UInt8]
        /// By lower-case name.
        public let headers: [String: String]
        /// How many requests came before this one.
        public let number: Int

        /// The first byte of `Range: bytes=N-`.
        public var rangeStart: Int? {
            headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
        }
    }

    /// What the server does, one after the other, before it closes the connection.
    public enum Action: Sendable {
        case send([UInt8])
        case wait(seconds: Double)
    }

    public let port: UInt16
    private let listener: Int32
    private let count = Mutex(0)
    private let handler: @Sendable (Request) -> [Action]

    public var base: String { "http://127.0.0.1:\(port)" }
    public var requests: Int { count.withLock { $0 } }

    public struct CannotListen: Error {}

    public init(_ handler: @escaping @Sendable (Request) -> [Action]) throws {
        self.handler = handler
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
        }
        var length = size
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(listener, $0, &length)
            }
        }
        guard bound == 0, named == 0, listen(listener, 64) == 0 else { throw CannotListen() }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                guard let self else {
                    close(connection)
                    return
                }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit {
        // Closing alone would leave accept waiting.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        let end = Array("\r\n\r\n".utf8)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        func receive() -> Bool {
            let count = read(connection, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] }
            return count > 0
        }
        var head: Range<Int>?
        while head == nil {
            guard receive() else { return }
            head = bytes.firstRange(of: end)
        }
        let start = head?.upperBound ?? 0
        let text = String(decoding: bytes[..<start], as: UTF8.self)
        let lines = text.components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while bytes.count < start + length {
            guard receive() else { return }
        }
        let number = count.withLock { count in
            defer { count += 1 }
            return count
        }
        let words = lines[0].split(separator: " ").map(String.init)
        let request = Request(
            method: words.first ?? "", path: words.dropFirst().first ?? "",
            body: Array(bytes[start...]), headers: headers, number: number)
        for action in handler(request) {
            switch action {
            case .wait(let seconds): Thread.sleep(forTimeInterval: seconds)
            case .send(let bytes): guard sendAll(bytes, to: connection) else { return }
            }
        }
    }

    private func sendAll(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(
                    connection, $0.baseAddress.map { $0 + sent }, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}

extension LoopbackServer.Action {
    /// The head of an answer; `length` is announced where it is given.
    public static func head(
        _ status: String = "200 OK", length: Int? = nil, type: String = "application/octet-stream",
        _ extra: String...
    ) -> Self {
        var lines = ["HTTP/1.1 \(status)", "Content-Type: \(type)", "Connection: close"] + extra
        if let length { lines.append("Content-Length: \(length)") }
        return .send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8))
    }
}

extension LoopbackServer.Request {
    /// The answer of a good server that knows ranges, cut off after so many bytes of the body.
    public func answer(
        _ file: [UInt8], cutAfter limit: Int = .max, tag: String = "\"1\""
    ) -> [LoopbackServer.Action] {
        let start = headers["if-range"].map { $0 == tag } ?? true ? rangeStart ?? 0 : 0
        let body = Array(file[min(start, file.count)...])
        let head: LoopbackServer.Action =
            start == 0
            ? .head(length: body.count, "ETag: \(tag)")
            : .head(
                "206 Partial Content", length: body.count, "ETag: \(tag)",
                "Content-Range: bytes \(start)-\(file.count - 1)/\(file.count)")
        return [head, .send(Array(body.prefix(limit)))]
    }
}
