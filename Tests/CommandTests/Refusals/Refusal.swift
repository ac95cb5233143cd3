import Foundation
import TestSupport
import Testing

/// A command line, an environment or a file that `lls` must refuse: with this status, in at most
/// three lines one of which says `mention`, making and changing nothing.
struct Refusal: Sendable {
    let arguments: [String]
    let status: Int32
    let mention: String
    var environment: [String: String] = [:]
    /// Makes what the command line names, in the folder that it runs in.
    var prepare: @Sendable (URL) throws -> Void = { _ in }
    /// Shell words before the command, such as `ulimit -v 500000;`. With them the command runs in
    /// `bash`.
    var shell: String?

    init(
        _ arguments: [String], _ status: Int32, _ mention: String,
        environment: [String: String] = [:], shell: String? = nil,
        prepare: @escaping @Sendable (URL) throws -> Void = { _ in }
    ) {
        self.arguments = arguments
        self.status = status
        self.mention = mention
        self.environment = environment
        self.shell = shell
        self.prepare = prepare
    }

    /// The same in another environment.
    func with(_ environment: [String: String]) -> Refusal {
        var other = self
        other.environment = environment
        return other
    }

    /// Runs the command, and records an issue for each promise that it breaks.
    func check() throws {
        let folder = try TemporaryFolder()
        try prepare(folder.url)
        let before = try Self.snapshot(folder.path)
        let outcome = try Program.run(
            arguments, environment: environment, in: folder.url, shell: shell)
        let name = ([shell].compactMap { $0 } + arguments).joined(separator: " ")
        #expect(outcome.status == status, "\(name): \(outcome)")
        #expect(
            outcome.errors.lowercased().contains(mention.lowercased()),
            "\(name): \(outcome.errors)")
        let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
        let message = lines.drop { !$0.lowercased().hasPrefix("error") }.filter { !$0.isEmpty }
        #expect((1...3).contains(message.count), "\(name): \(outcome.errors)")
        #expect(try Self.snapshot(folder.path) == before, "\(name): left or changed a file")
    }

    /// Every path below a folder with its kind, size and time.
    private static func snapshot(_ folder: String) throws -> [String: String] {
        var found: [String: String] = [:]
        let names = FileManager.default.enumerator(atPath: folder)
        while let name = names?.nextObject() as? String {
            var status = stat()
            guard lstat(folder + "/" + name, &status) == 0 else { continue }
            found[name] =
                "\(status.st_mode) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return found
    }
}

struct RefusalTests {
    static let all: [Refusal] = general + files + data + training + devices

    /// In one test, so that no two of them compete for the machine's memory.
    @Test func everyOneIsRefusedAsTheContractSays() throws {
        for refusal in Self.all { try refusal.check() }
    }

    static let general = [
        Refusal(["train", "--no-such-flag"], 64, "no-such-flag")
    ]
}
