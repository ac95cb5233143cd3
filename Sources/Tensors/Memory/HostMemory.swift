import Foundation

/// An error of a host or device that has no room for a request.
public protocol MemoryShortage: Error, CustomStringConvertible {
    /// Bytes that would have sufficed, with those that were held; nil if no number is known.
    var bytesNeeded: Int? { get }
}

/// The host has no memory for a request.
public struct OutOfMemoryError: MemoryShortage, Equatable {
    /// The request, and why it failed, in one line.
    public let reason: String
    /// Bytes that would have sufficed, with those that were held; nil if no number is known.
    public let bytesNeeded: Int?
    /// The remedy, in one line.
    public let advice: String

    /// - Parameters:
    ///   - reason: the request, and why it failed, in one line.
    ///   - bytesNeeded: the least that would have sufficed, if it is known.
    ///   - advice: one line.
    public init(
        _ reason: String, bytesNeeded: Int? = nil,
        advice: String = "use a smaller batch, input or model"
    ) {
        self.reason = reason
        self.bytesNeeded = bytesNeeded
        self.advice = advice
    }

    public var description: String { "out of memory: \(reason)\n\(advice)" }
}

/// The memory of this process.
public enum HostMemory {
    /// Bytes that the process may take at most: the machine's memory, or less if its address space is
    /// limited (`ulimit -v`).
    public static var available: Int {
        let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        return min(physical, addressSpaceLeft ?? .max)
    }

    /// Bytes that a limit on the address space leaves; nil without such a limit.
    public static var addressSpaceLeft: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
            let maxBytes = Int(exactly: limit.rlim_cur)
        else { return nil }
        return max(0, maxBytes - addressSpaceUsed)
    }

    /// Bytes of the process's address space, as the system counts them; 0 if it does not say.
    private static var addressSpaceUsed: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let pages = strtol(line, nil, 10)
        return pages.saturatingMultiplied(by: Int(sysconf(Int32(_SC_PAGESIZE))))
    }

    /// Throws unless the system gives `bytes`. Call it before making an array whose size a user
    /// chooses: Swift ends the program if it cannot allocate an array.
    ///
    /// - Parameters:
    ///   - bytes: the size of the array.
    ///   - purpose: its use, as in "the images of a batch".
    /// - Throws: ``OutOfMemoryError``.
    public static func check(_ bytes: Int, for purpose: String) throws {
        // Less is not worth a system call; a machine that is so short cannot go on in any case.
        guard bytes >= 1 << 20 else { return }
        guard bytes <= available, let memory = malloc(bytes) else {
            throw OutOfMemoryError(
                "the system does not give \(readableBytes(bytes)) for \(purpose)")
        }
        free(memory)
    }
}

/// A number of bytes for people: "23 MB", "320 PB".
package func readableBytes(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 999.5, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    // Three digits at least, unless they are whole bytes.
    let digits = unit == 0 || value >= 99.95 ? 0 : 1
    return String(format: "%.\(digits)f ", value) + units[unit]
}
