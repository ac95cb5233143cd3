import COpenCL
import Foundation
import Synchronization

/// The functions of an OpenCL loader, looked up when the program runs.
package struct OpenCLLibrary: @unchecked Sendable {
    let functions: OpenCLFunctions
    /// What a call of a function returns instead of being made; nil to make it. For tests.
    package var fault: (@Sendable (_ function: String) -> Int32?)?

    private static let files = ["libOpenCL.so.1", "libOpenCL.so"]
    private static let found = Result { try OpenCLLibrary(files) }

    /// The loader of this machine.
    ///
    /// - Throws: ``DeviceSelectionError/noLoader(_:)``.
    package static func system() throws -> OpenCLLibrary {
        try replaced.withLock { $0 } ?? found.get()
    }

    private static let replaced = Mutex<OpenCLLibrary?>(nil)

    /// Lets `library` stand in for the machine's loader in all of this process: for a program that tries how
    /// it ends when a device fails.
    package static func replaceSystem(by library: OpenCLLibrary) {
        replaced.withLock { $0 = library }
    }

    /// The first of `files` that can be loaded.
    ///
    /// - Throws: ``DeviceSelectionError/noLoader(_:)``.
    package init(_ files: [String]) throws {
        var library: UnsafeMutableRawPointer?
        var reasons: [String] = []
        for file in files where library == nil {
            library = dlopen(file, RTLD_NOW | RTLD_GLOBAL)
            if library == nil { reasons.append(dlerror().map { String(cString: $0) } ?? file) }
        }
        // Tools that watch calls, Oclgrind for one, are loaded before: their functions come first in the
        // program's own scope, which also has the loader's.
        guard library != nil, let scope = dlopen(nil, RTLD_NOW) else {
            throw DeviceSelectionError.noLoader(reasons.first ?? "no file")
        }
        let functions = UnsafeMutablePointer<OpenCLFunctions>.allocate(capacity: 1)
        defer { functions.deallocate() }
        if let missing = lls_opencl_load(functions, scope) {
            throw DeviceSelectionError.noLoader(
                "it lacks \(String(cString: missing)), so it is older than OpenCL 1.2")
        }
        self.functions = functions.pointee
    }

    /// The names of all functions.
    package static var functionNames: [String] {
        (0...).lazy.map(lls_opencl_name).prefix { $0 != nil }
            .compactMap { $0.map { String(cString: $0) } }
    }
}
