import FileFormats
import Foundation

/// This program once more, as a process of its own: a driver that crashes or hangs there takes nothing
/// else with it.
struct ProbeProcess {
    enum End: Equatable {
        case exited(Int32)
        /// By this signal.
        case crashed(Int32)
        case tookTooLong
    }

    /// What it wrote to its standard output before it ended, line by line.
    let lines: [String]
    /// The last words on its standard error.
    let lastWords: String
    let end: End

    private static let greatestOutput = 1 << 20

    /// Runs the program with these arguments, for `seconds` at most.
    ///
    /// - Throws: `FileError` if the system starts no process.
    init(_ arguments: [String], seconds: Double) throws(FileError) {
        var (output, errors) = (try ProbePipe(), try ProbePipe())
        let process = try Self.start(arguments, output: output, errors: errors)
        output.closeWriter()
        errors.closeWriter()
        let deadline = ContinuousClock.now + .seconds(seconds)
        var (text, words) = ([UInt8](), [UInt8]())
        var status: Int32 = 0
        var hasEnded = false
        var isLate = false
        while true {
            let isOpen = ProbePipe.read(&output, into: &text, &errors, into: &words)
            if !hasEnded, waitpid(process, &status, WNOHANG) == process { hasEnded = true }
            if hasEnded, !isOpen { break }
            // Children of the driver's own may keep the pipes open; they are not waited for.
            if ContinuousClock.now > deadline {
                if hasEnded { break }
                isLate = true
                kill(process, SIGKILL)
                // What hangs in the kernel cannot be killed, and is left behind.
                for _ in 0..<20 where !hasEnded {
                    usleep(100_000)
                    hasEnded = waitpid(process, &status, WNOHANG) == process
                }
                break
            }
            if text.count > Self.greatestOutput { kill(process, SIGKILL) }
        }
        lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
        lastWords =
            String(decoding: words.suffix(400), as: UTF8.self)
            .split(separator: "\n").suffix(2).joined(separator: " ").withoutControls
        // As WIFSIGNALED and its kin, which are macros.
        let signal = status & 0x7F
        end = isLate ? .tookTooLong : signal == 0 ? .exited((status >> 8) & 0xFF) : .crashed(signal)
    }

    private static func start(
        _ arguments: [String], output: ProbePipe, errors: ProbePipe
    ) throws(FileError) -> pid_t {
        let program = "/proc/self/exe"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writer, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.writer, STDERR_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { word in
            word.withPathBytes { strdup($0) }
        }
        defer { for word in words { free(word) } }
        words.append(nil)
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, nil, words, environ)
        guard code == 0 else {
            throw FileError(
                path: program, operation: "start", reason: String(cString: strerror(code)),
                category: .inputOutput)
        }
        return process
    }
}

/// A pipe from a process that this one started.
private struct ProbePipe {
    let reader, writer: Int32
    private var isOpen = true

    init() throws(FileError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw FileError(
                path: "pipe", operation: "make", reason: String(cString: strerror(errno)),
                category: .inputOutput)
        }
        (reader, writer) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    func closeWriter() { close(writer) }

    /// Reads what has come, after waiting a moment for it; whether there may be more. A pipe at its end is
    /// closed.
    static func read(
        _ first: inout ProbePipe, into text: inout [UInt8], _ second: inout ProbePipe,
        into words: inout [UInt8]
    ) -> Bool {
        var polled = [first, second].map { pipe in
            pollfd(fd: pipe.isOpen ? pipe.reader : -1, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&polled, nfds_t(polled.count), 100)
        if polled[0].revents != 0 { first.read(into: &text) }
        if polled[1].revents != 0 { second.read(into: &words) }
        return first.isOpen || second.isOpen
    }

    private mutating func read(into bytes: inout [UInt8]) {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = Foundation.read(reader, &piece, piece.count)
        if count > 0 { return bytes += piece.prefix(count) }
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        close(reader)
        isOpen = false
    }
}

extension ProbeProcess.End {
    /// For people: how it ended before it was done.
    var text: String {
        switch self {
        case .exited(let status): "ended with status \(status)"
        case .crashed(let signal):
            "crashed (\(String(cString: strsignal(signal)).lowercased()), signal \(signal))"
        case .tookTooLong: "did not answer in time"
        }
    }
}
