import Foundation
import TestSupport
import Testing

/// The way from pictures to a classifier, by the commands that the README prints.
struct ReadmeTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The lines of the first shell block.
    private static func commands() throws -> [String] {
        let text = try String(
            contentsOf: package.appending(path: "README.md"), encoding: .utf8)
        let block = try #require(text.split(separator: "```sh\n").dropFirst().first)
        return block.split(separator: "```", omittingEmptySubsequences: false)[0]
            .split(separator: "\n").map(String.init)
    }

    private func shell(_ command: String, in folder: URL) throws -> Program.Outcome {
        try Program.run(
            ["-c", command],
            environment: [
                "PATH": Program.path.deletingLastPathComponent().path() + ":/usr/bin:/bin"
            ], in: folder, executable: URL(filePath: "/bin/bash"))
    }

    /// `make install` builds everything anew with a static runtime: `make check-dist` tests that. The
    /// other four run here, on 300 pictures that vary in size, orientation and format.
    @Test func theFirstCommandsWorkAsPrinted() throws {
        let commands = try Self.commands()
        #expect(commands.first == "make install")
        #expect(commands.count == 5)
        let root = try TemporaryFolder()
        let made = try shell(
            "\(Self.package.path())Scripts/make_photographs photos --count 300", in: root.url)
        try #require(made.status == 0, "\(made)")

        var outcomes: [Program.Outcome] = []
        for command in commands.dropFirst() {
            let outcome = try shell(command, in: root.url)
            try #require(outcome.status == 0, "\(command): \(outcome)")
            outcomes.append(outcome)
        }
        let accuracy = try #require(outcomes[0].value("test_top1").flatMap(Double.init))
        #expect(accuracy > 55, "three classes: \(accuracy) %")
        #expect(outcomes[1].value("test_top1") == outcomes[0].value("test_top1"))
        #expect(outcomes[2].lastLine.hasPrefix("result pictures=300 classified=300 failed=0"))
        #expect(outcomes[3].value("classes") == "3")
        for file in [
            "worst/worst.html", "runs/photos-smallconv-lls-mxm/001/export/LLS_SmallConv.onnx",
        ] {
            #expect(FileManager.default.fileExists(atPath: root.path + "/" + file), "\(file)")
        }
    }
}
