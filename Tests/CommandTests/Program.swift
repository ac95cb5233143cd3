import Foundation
import TestSupport

/// The built `lls`, run as a user runs it.
enum Program {
    struct Outcome {
        let status: Int32
        let output, errors: String

        /// The last line on standard output.
        var lastLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
        /// The value of `key=` in the last line.
        func value(_ key: String) -> String? {
            lastLine.split(separator: " ").first { $0.hasPrefix("\(key)=") }
                .map { String($0.dropFirst(key.count + 1)) }
        }
    }

    /// The executable lies beside the test bundle.
    static let path: URL = {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let folder =
            bundle?.deletingLastPathComponent()
            ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return folder.appending(path: "lls")
    }()

    /// Runs it to its end. `environment` is added to this process's own; `shell` stands before the
    /// command in `bash`, to set limits or to redirect. Another `executable` is a script around it.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil,
        shell: String? = nil, executable: URL = path
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        if let shell {
            process.executableURL = URL(filePath: "/bin/bash")
            process.arguments = ["-c", "\(shell) exec \"$0\" \"$@\"", path.path()] + arguments
        }
        // Tests neither search for kernels nor depend on what somebody found.
        process.environment = ProcessInfo.processInfo.environment
            .merging(["LLS_TUNING": "off"]) { _, new in new }
            .merging(environment) { _, new in new }
        if let folder { process.currentDirectoryURL = folder }
        // Files, not pipes: nothing can fill up while we wait.
        let captured = try TemporaryFolder()
        let (output, errors) = (
            captured.url.appending(path: "out"), captured.url.appending(path: "err")
        )
        for url in [output, errors] { try Data().write(to: url) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationReason == .exit ? process.terminationStatus : -1,
            output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }
}
