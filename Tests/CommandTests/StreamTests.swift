import Foundation
import TestSupport
import Testing

/// Standard streams that are full, closed or read by programs, and signals.
struct StreamTests {
    private let folder: TemporaryFolder
    private let small = ["train", "--backend", "cpu", "--data-dir", ".", "--batch-size", "32"]

    init() throws {
        folder = try TemporaryFolder()
        try TinyData.write(to: folder.url)
    }

    private func run(_ arguments: [String], shell: String? = nil) throws -> Program.Outcome {
        try Program.run(arguments, in: folder.url, shell: shell)
    }

    /// A limit on files makes writing fail without a full disk or root's rights.
    @Test(arguments: [["data", "ls"], ["data", "ls", "--json"], ["--help"], ["--version"]])
    func resultsThatCannotBeWrittenAreAnError(arguments: [String]) throws {
        let outcome = try run(arguments, shell: "ulimit -f 0; exec 2> >(cat >&2);")
        #expect(outcome.status == 74, "\(outcome)")
        #expect(outcome.output.isEmpty)
    }

    @Test(.enabled(if: geteuid() == 0, "only root makes device nodes"))
    func aFullDiskIsSaid() throws {
        #expect(mknod(folder.path + "/full", S_IFCHR | 0o666, dev_t(1 << 8 | 7)) == 0)
        let outcome = try run(["data", "ls", "--json"], shell: "exec >full;")
        #expect(outcome.status == 74 && outcome.errors.contains("No space left"), "\(outcome)")
        // The work was done, its result is in the folder, but its reader does not have it.
        let train = try run(small + ["--epochs", "1", "--runs-dir", "r"], shell: "exec >full;")
        #expect(train.status == 74, "\(train)")
    }

    /// Its reader has what it wanted.
    @Test func aClosedPipeIsQuiet() throws {
        let outcome = try Program.run(
            ["-c", "\"$0\" data ls --json | true; echo ${PIPESTATUS[0]}", Program.path.path()],
            executable: URL(filePath: "/bin/bash"))
        #expect(outcome.output == "0\n" && outcome.errors.isEmpty, "\(outcome)")
    }

    /// Their numbers must not go to the run's own files.
    @Test(arguments: ["2>&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func closedStreamsCorruptNothing(closing: String) throws {
        let outcome = try run(
            small + ["--epochs", "1", "--runs-dir", "r"], shell: "exec \(closing);")
        #expect(outcome.status == 0, "\(outcome)")
        let run = folder.path + "/r/fashionmnist-smallconv-lls/001/"
        let metrics = try String(contentsOfFile: run + "metrics.jsonl", encoding: .utf8)
        for line in metrics.split(separator: "\n") {
            _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
        }
        // An epoch, and the steps in it.
        #expect(metrics.split(separator: "\n").count == 3)
        let log = try String(contentsOfFile: run + "log.txt", encoding: .utf8)
        #expect(!log.contains("result epochs") && !log.contains("done  "), "\(log)")
    }

    @Test func withJSONProgressEveryLineIsAnObject() throws {
        let outcome = try run(
            small + [
                "--epochs", "2", "--progress", "json", "--runs-dir", "r", "--report-every", "1",
            ])
        #expect(outcome.status == 0, "\(outcome)")
        var events: Set<String> = []
        for line in outcome.errors.split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            events.insert(try #require(object?["event"] as? String))
        }
        #expect(events == ["note", "step", "epoch"])
    }

    @Test(arguments: [
        ["--progress", "json", "--bogus"], ["--progress=json", "--data-dir", "/no/such/folder"],
        ["--rule", "LSL", "--progress", "json"],
    ])
    func withJSONProgressErrorsAreObjectsToo(arguments: [String]) throws {
        let outcome = try run(["train", "--backend", "cpu"] + arguments)
        let objects = try outcome.errors.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let last = try #require(objects.last)
        #expect(last["event"] as? String == "error")
        #expect(last["status"] as? Int == Int(outcome.status))
    }

    /// Swift's runtime catches it, and LLVM inside of PoCL does: the run went on.
    @Test(arguments: [["--backend", "cpu"], ["--backend", "opencl"]])
    func quitEndsARun(backend: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments =
            ["-c", "ulimit -c 0; exec \"$0\" \"$@\"", Program.path.path()]
            + ["train", "--data-dir", ".", "--batch-size", "32", "--epochs", "100000"]
            + ["--runs-dir", "r"] + backend
        process.currentDirectoryURL = folder.url
        process.environment = ProcessInfo.processInfo.environment
            .merging(["LLS_TUNING": "off"]) { _, new in new }
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        // Once it trains, every library has done to signals what it does.
        let metrics = folder.path + "/r/fashionmnist-smallconv-lls/001/metrics.jsonl"
        func size() -> Int { (try? Data(contentsOf: URL(filePath: metrics)))?.count ?? 0 }
        for _ in 0..<1200 where size() == 0 && process.isRunning { usleep(50_000) }
        usleep(500_000)
        #expect(size() > 0 && process.isRunning)
        kill(process.processIdentifier, SIGQUIT)
        for _ in 0..<200 where process.isRunning { usleep(50_000) }
        #expect(!process.isRunning)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(process.terminationStatus == SIGQUIT)
    }
}

/// Paths of one character, of bytes that are not UTF-8, and of what is no regular file.
struct PathCommandTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TinyData.write(to: folder.url)
    }

    private func run(
        _ arguments: [String], shell: String? = nil, environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try Program.run(arguments, environment: environment, in: folder.url, shell: shell)
    }

    private let small = [
        "train", "--backend", "cpu", "--data-dir", ".", "--batch-size", "32", "--epochs", "1",
    ]

    @Test func pathsOfOneCharacterWork() throws {
        let train = try run(small + ["--runs-dir", "r", "--trace", "t"])
        #expect(train.status == 0, "\(train)")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/t"))
        let dump = try run(["data", "dump", "--data-dir", ".", "--out", "f"])
        #expect(dump.status == 0, "\(dump)")
        let profile = try run(
            ["profile", "--backend", "cpu", "--input", "1x8x8", "--batch", "4", "--steps", "1"]
                + ["--trace", "p"])
        #expect(profile.status == 0, "\(profile)")
        #expect(try folder.contents().filter { $0.count == 1 } == ["f", "p", "r", "t"])
    }

    /// In `bash`, which hands on any bytes; `%20` is a name like any other.
    @Test(arguments: [#"$'caf\xe9'"#, #"$'e\xcc\x81'"#, #"$'\xc3\xa9'"#, "a%20b", "'a b'", "é~"])
    func namesOfAnyBytesWork(name: String) throws {
        let script = """
            mkdir \(name) && mv *ubyte \(name)/ && cd \(name)
            "$0" train --backend cpu --data-dir ../\(name) --batch-size 32 --epochs 1 \
            --runs-dir ../runs\(name) || exit 1
            "$0" eval ../runs\(name)/*/001 --backend cpu || exit 2
            cd ../runs\(name)/*/001 || exit 3
            "$0" data dump --data-dir ../../../\(name) --out \(name) && test -f \(name) || exit 4
            # What is written down is what was typed.
            mv ../../../\(name) ../../../moved; mv ../../../moved ../../../\(name)
            cd ../../..; eval "set -- $(cat runs\(name)/*/001/command.txt)"
            test "$6" = ../\(name) || exit 5
            """
        let outcome = try Program.run(
            ["-c", script, Program.path.path()], in: folder.url,
            executable: URL(filePath: "/bin/bash"))
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test func homesAreExpandedBehindEquals() throws {
        let home = try TemporaryFolder()
        let outcome = try run(
            small + ["--runs-dir=~/r", "--trace=~/t"], environment: ["HOME": home.path])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try home.contents().filter { !$0.hasPrefix(".") } == ["r", "t"])
        #expect(try !folder.contents().contains("~"))
    }

    @Test func emptyVariablesAreAsIfUnset() throws {
        let empty = ["LLS_TUNING", "LLS_DATA", "LLS_MIRROR", "LLS_OPENCL_OPTIONS", "COLUMNS"]
        let outcome = try run(
            small + ["--dry-run"],
            environment: Dictionary(uniqueKeysWithValues: empty.map { ($0, "") }))
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test func runsCountOnBesideAbsurdNumbers() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path + "/r/name/9223372036854775807", withIntermediateDirectories: true)
        let outcome = try run(small + ["--runs-dir", "r", "--name", "name"])
        #expect(outcome.value("run") == "r/name/001", "\(outcome)")
    }

    @Test(arguments: ["f", "link"])
    func aLimitOnFilesIsLikeAFullDisk(out: String) throws {
        #expect(symlink("target", folder.path + "/link") == 0)
        let before = try folder.contents()
        let outcome = try run(
            ["data", "dump", "--data-dir", ".", "--index", "0..60", "--out", out],
            shell: "ulimit -f 8;")
        #expect(outcome.status == 74 && outcome.errors.contains("too large"), "\(outcome)")
        #expect(try folder.contents() == before)
    }

    /// What it was writing is removed by the next that writes there.
    @Test func aKilledProcessLeavesNothingForLong() throws {
        let script = """
            "$0" data dump --data-dir . --index $(printf '0..63,%.0s' {1..400})0 --out f & P=$!
            until [ ! -e /proc/$P ] || compgen -G '.lls-*.part'; do :; done > "$1"
            kill -9 $P; compgen -G '.lls-*.part' > "$1" && echo left; wait $P 2> "$1"
            "$0" data dump --data-dir . --out f; ls -A | grep part
            """
        let log = try TemporaryFolder()
        let outcome = try Program.run(
            ["-c", script, Program.path.path(), log.path + "/log"], in: folder.url,
            executable: URL(filePath: "/bin/bash"))
        #expect(outcome.output == "left\nf  10 samples\n", "\(outcome)")
    }
}
