import Foundation
import TestSupport

/// Chromium without a window; it is installed if it is not there.
struct Browser {
    /// What the browser said on its standard output and standard error.
    struct Answer {
        let output, errors: String
    }

    private let program: String
    private let profile: TemporaryFolder

    private static let names = [
        "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
    ]

    /// Throws if there is no browser and none can be installed.
    init() throws {
        if Self.find() == nil {
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            _ = try Self.run(
                root.appending(path: "Scripts/setup").path(), ["chromium", "fonts-dejavu-core"])
        }
        guard let found = Self.find() else { throw Missing() }
        program = found
        profile = try TemporaryFolder()
    }

    struct Missing: Error, CustomStringConvertible {
        var description: String {
            "no Chromium is installed, and none could be: Scripts/setup chromium"
        }
    }

    private static func find() -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(
            separator: ":")
        return names.flatMap { name in folders.map { "\($0)/\(name)" } }
            .first(where: FileManager.default.isExecutableFile)
    }

    /// Opens a page, with no network, and does what the arguments say.
    func open(_ page: String, width: Int, isDark: Bool = false, _ arguments: [String]) throws
        -> Answer
    {
        try Self.run(
            program,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-extensions",
                "--force-device-scale-factor=1", "--host-resolver-rules=MAP * ~NOTFOUND",
                "--enable-logging=stderr", "--user-data-dir=\(profile.path)",
                "--window-size=\(width),1400",
                "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
            ] + arguments + ["file://\(page)"])
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Answer {
        let folder = try TemporaryFolder()
        let process = Process()
        // It sometimes waits for ever for a service that a container lacks.
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["600", program] + arguments
        let files = try ["out", "err"].map { URL(filePath: try folder.put([], as: $0)) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Answer(output: texts[0], errors: texts[1])
    }
}
