import Foundation

/// A process, told apart from all others: `HOST-PID-START`. It is part of the names of temporaries.
///
/// START is the time at which the process began, in ticks since the machine did, so that another
/// process that has the same number later is not taken for it.
package struct ProcessMark: Equatable, Sendable {
    package let host: String
    package let process: pid_t
    private let start: UInt64

    package static let own = ProcessMark(
        host: hostName(), process: getpid(), start: ProcessTable.entry(getpid())?.start ?? 0)

    package var text: String { "\(host)-\(process)-\(String(start, radix: 36))" }

    private init(host: String, process: pid_t, start: UInt64) {
        self.host = host
        self.process = process
        self.start = start
    }

    /// Reads `HOST-PID-START-RANDOM`; nil for any other text.
    package init?(nameWithRandomWord text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, let process = pid_t(parts[parts.count - 3]), process > 0,
            let start = UInt64(parts[parts.count - 2], radix: 36)
        else { return nil }
        self.init(
            host: parts.dropLast(3).joined(separator: "-"), process: process, start: start)
    }

    /// Whether the process is gone that made this file or folder.
    ///
    /// Its lock must be free, which also tells of processes that this one cannot see, in another
    /// container or on another machine. There are file systems whose locks do nothing, so that alone
    /// is not enough: the process must be gone from this machine, or the file of another machine be
    /// `seconds` old.
    package func hasAbandoned(_ path: String, elsewhereAfter seconds: Int = 86_400) -> Bool {
        guard host == hostName() ? isGone : isOlder(than: seconds, path) else { return false }
        let descriptor = FileSystem.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        // Without permission to read it there is none to remove it, most likely.
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    /// Whether this machine has no such process any more.
    package var isGone: Bool {
        if kill(process, 0) != 0 && errno == ESRCH { return true }
        guard let entry = ProcessTable.entry(process) else { return false }
        return entry.isDead || entry.start != start
    }

    private func isOlder(than seconds: Int, _ path: String) -> Bool {
        let status = try? FileSystem.status(of: path, followingLinks: false)
        return status.map { time(nil) - $0.modified > seconds } ?? false
    }
}

/// What the system says of a process.
private enum ProcessTable {
    struct Entry {
        let isDead: Bool
        let start: UInt64
    }

    /// From `/proc/PID/stat`; nil if it cannot be read.
    static func entry(_ process: pid_t) -> Entry? {
        let descriptor = FileSystem.open("/proc/\(process)/stat", O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        // The second field is the program's name in brackets, which may itself hold anything.
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
        return Entry(isDead: ["Z", "X", "x"].contains(fields[0]), start: start)
    }
}

/// This machine's name, without what a file's name may not hold.
package func hostName() -> String {
    var name = [CChar](repeating: 0, count: 65)
    guard gethostname(&name, name.count - 1) == 0 else { return "host" }
    let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    let allowed = bytes.filter { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
    return allowed.isEmpty ? "host" : String(decoding: allowed, as: UTF8.self)
}
