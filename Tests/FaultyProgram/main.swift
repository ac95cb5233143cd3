// The program of the command line on a disk or a device that fails. FAULTS says which calls do, separated
// by commas:
//     write:3             the third write into a file finds the disk full
//     write:3+            so do all later ones
//     clFinish:2          the second call of clFinish fails
//     clFinish:2=hang     the second call of clFinish does not return
// FAULTS=count makes no call fail, and says on standard error how many there were of each kind.
import FileFormats
import Foundation
import LLSCommands
import OpenCLBackend
import Synchronization

/// A call that fails.
struct Fault: Sendable {
    let name: String
    let number: Int
    let lasts, hangs: Bool

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":")
        guard parts.count == 2 else { return nil }
        name = String(parts[0])
        hangs = parts[1].hasSuffix("=hang")
        let count = hangs ? parts[1].dropLast("=hang".count) : parts[1]
        lasts = count.hasSuffix("+")
        guard let number = Int(lasts ? count.dropLast() : count) else { return nil }
        self.number = number
    }
}

/// Counts calls, and knows which fail.
final class Faults: Sendable {
    private let faults: [Fault]
    private let counts = Mutex<[String: Int]>([:])

    init(_ faults: [Fault]) { self.faults = faults }

    /// Whether the call that is to be made fails. It does not return if it hangs.
    func fail(_ name: String) -> Bool {
        let number = counts.withLock { counts in
            counts[name, default: 0] += 1
            return counts[name, default: 0]
        }
        let fault = faults.first {
            $0.name == name && ($0.number == number || ($0.lasts && number > $0.number))
        }
        if fault?.hangs == true { while true { sleep(60) } }
        return fault != nil
    }

    var summary: String {
        counts.withLock { $0.sorted { $0.key < $1.key } }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}

let text = ProcessInfo.processInfo.environment["FAULTS"] ?? ""
let faults = Faults(text == "count" ? [] : text.split(separator: ",").compactMap { Fault($0) })

/// The call, unless it is to find the disk full.
@Sendable func onDisk<Result: SignedInteger>(_ name: String, _ call: () -> Result) -> Result {
    guard faults.fail(name) else { return call() }
    errno = ENOSPC
    return -1
}

let real = FileCalls.real
var calls = real
calls.create = { path in onDisk("create") { real.create(path) } }
calls.openToAppend = { path in onDisk("openToAppend") { real.openToAppend(path) } }
calls.openFolder = { path in onDisk("openFolder") { real.openFolder(path) } }
calls.write = { descriptor, bytes in
    // Nobody fills a terminal.
    guard descriptor > STDERR_FILENO else { return real.write(descriptor, bytes) }
    return onDisk("write") { real.write(descriptor, bytes) }
}
calls.sync = { descriptor in onDisk("sync") { real.sync(descriptor) } }
calls.close = { descriptor in
    // A close that failed has closed, too.
    let result = real.close(descriptor)
    return onDisk("close") { result }
}
calls.rename = { from, to in onDisk("rename") { real.rename(from, to) } }
FileCalls.replace(by: calls)

if var library = try? OpenCLLibrary.system() {
    library.fault = { faults.fail($0) ? -5 : nil }
    OpenCLLibrary.replaceSystem(by: library)
}

if text == "count" {
    atexit { FileHandle.standardError.write(Data("calls: \(faults.summary)\n".utf8)) }
}
LLSCommandLine().run()
