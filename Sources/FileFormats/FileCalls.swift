import Foundation
import Synchronization

/// The system calls that writing needs, so that a test can make any one of them fail.
///
/// All return what the system's do and leave the reason in `errno`.
package struct FileCalls: Sendable {
    package var create: @Sendable (String) -> Int32
    package var openToAppend: @Sendable (String) -> Int32
    package var openFolder: @Sendable (String) -> Int32
    package var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int
    package var sync: @Sendable (Int32) -> Int32
    package var close: @Sendable (Int32) -> Int32
    package var rename: @Sendable (String, String) -> Int32
    package var remove: @Sendable (String) -> Int32

    private static let replaced = Mutex<FileCalls?>(nil)

    /// The system's, or what stands in for them.
    package static var system: FileCalls { replaced.withLock { $0 } ?? real }

    /// Lets `calls` stand in for the system's in all of this process: for a program that tries how it
    /// ends when a disk fails.
    package static func replace(by calls: FileCalls) { replaced.withLock { $0 = calls } }

    /// The system's.
    package static let real = FileCalls(
        create: { FileSystem.open($0, O_WRONLY | O_CREAT | O_EXCL) },
        openToAppend: { FileSystem.open($0, O_WRONLY | O_CREAT | O_APPEND) },
        openFolder: { FileSystem.open($0, O_RDONLY | O_DIRECTORY) },
        write: { Foundation.write($0, $1.baseAddress, $1.count) },
        sync: { fsync($0) },
        close: { Foundation.close($0) },
        rename: { FileSystem.rename($0, to: $1) },
        remove: { FileSystem.removeFile($0) ? 0 : -1 })

    /// Writes every byte, going on after partial and interrupted writes; the errno, or 0.
    package func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest))
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            // Zero of some bytes, and again, would never end.
            guard count > 0 else { return ENOSPC }
            rest = rest.dropFirst(count)
        }
        return 0
    }
}
