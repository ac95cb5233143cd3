import FileFormats
import Foundation
import Runs
import TestSupport
import Testing

@Suite struct RunConfigurationTests {
    @Test func withoutAnyValueItIsTheDefault() throws {
        for yaml in ["", "# a comment\n", "{}"] {
            #expect(try RunConfiguration(yaml: yaml) == RunConfiguration())
        }
        let standard = RunConfiguration()
        #expect(standard.defaultName == "fashionmnist-smallconv-lls")
        #expect(standard.lr == 5e-3 && standard.batchSize == 128 && standard.epochs == 5)
    }

    @Test func everyValueHasALine() throws {
        let lines = RunConfiguration().yaml.split(separator: "\n").map(String.init)
        let keys = RunConfiguration.CodingKeys.allCases.map(\.rawValue)
        #expect(lines.first == "format: 1")
        #expect(
            lines.dropFirst().map { $0.split(separator: ":").first.map(String.init) } == keys)
        for line in [
            "dataset: FashionMNIST", "data-dir: null", "lr: 0.005",
            "milestones: [50, 80, 120, 180]",
            "seed: 0", "exact: false", "max-steps: null",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test func whatIsWrittenIsReadBackToTheLastBit() throws {
        var configuration = RunConfiguration()
        configuration.seed = .max
        configuration.maxSteps = 12
        configuration.exact = true
        configuration.milestones = []
        configuration.threads = 2
        let texts = [
            "plain", "with space", "null", "yes", "1:30", "0x10", "007", "~", "-", "a: b", "# no",
            "quo\"te\\", "line\nbreak\ttab", "\u{e9}\u{1f600}\u{7f}\u{85}", "", "!tag", "&a", "*a",
            "%", "@", "`", "1e3", ".inf", "2001-01-01",
        ]
        for text in texts {
            configuration.dataDir = text
            configuration.device = text
            configuration.temperature = .random(in: 1e-9..<1e9)
            configuration.lr = .random(in: 0.000001..<1)
            configuration.weightDecay = 1.1754943508222876e-38
            let back = try RunConfiguration(yaml: configuration.yaml)
            #expect(back == configuration, "\(text)")
            #expect(back.yaml == configuration.yaml)
        }
    }

    @Test func aPartChangesOnlyItself() throws {
        var base = RunConfiguration()
        base.epochs = 7
        base.maxSteps = 9
        let changed = try RunConfiguration(
            yaml: "lr: 1e-3\nmax-steps: null\nrule: LLS_MxM\n", over: base)
        base.lr = 1e-3
        base.maxSteps = nil
        base.rule = "LLS_MxM"
        #expect(changed == base)
    }

    /// What is wrong, the line it is on, the key, and a word of the message.
    @Test(arguments: [
        ("epochs: 5\nbatchsize: 3\n", 2, "batchsize", "did you mean 'batch-size'?"),
        ("learning_rate: 1\n", 1, "learning_rate", "unknown key"),
        ("epochs: 5\nlr: 1\nepochs: 6\n", 3, "epochs", "duplicate key"),
        ("lr: 0.1x\n", 1, "lr", "'0.1x'"),
        ("epochs: 2.5\n", 1, "epochs", "'2.5'"),
        ("epochs: [1]\n", 1, "epochs", "expected a whole number"),
        ("epochs: null\n", 1, "epochs", "expected a whole number"),
        ("exact: maybe\n", 1, "exact", "'maybe'"),
        ("seed: -1\n", 1, "seed", "'-1'"),
        ("milestones: [1, x]\n", 1, "milestones", "a list of whole numbers"),
        ("milestones: 3\n", 1, "milestones", "'3'"),
        ("milestones: [3, 3]\n", 1, "milestones", "rising"),
        ("milestones: [0, 3]\n", 1, "milestones", "at least 1"),
        ("\n\nepochs: 0\n", 3, "epochs", "at least 1"),
        ("batch-size: -4\n", 1, "batch-size", "at least 2"),
        ("batch-size: 1\n", 1, "batch-size", "at least 2"),
        ("test-batch-size: 0\n", 1, "test-batch-size", "at least 1"),
        ("limit-train: 0\n", 1, "limit-train", "at least 1"),
        ("limit-test: 0\n", 1, "limit-test", "at least 1"),
        ("max-steps: 0\n", 1, "max-steps", "at least 1"),
        ("threads: 0\n", 1, "threads", "at least 1"),
        ("lr: 0\n", 1, "lr", "greater than 0"),
        ("lr: .nan\n", 1, "lr", "greater than 0"),
        ("lr: .inf\n", 1, "lr", "greater than 0"),
        ("temperature: -0.5\n", 1, "temperature", "from 1e-37"),
        ("temperature: 1e-46\n", 1, "temperature", "from 1e-37"),
        ("lr: 1e-46\n", 1, "lr", "in float32"),
        ("weight-decay: 1e39\n", 1, "weight-decay", "in float32"),
        ("dropout: 0.99999999999\n", 1, "dropout", "it becomes 1.0"),
        ("batch-size: 1000000000000\n", 1, "batch-size", "at most 16777216"),
        ("threads: 10000\n", 1, "threads", "at most 1024"),
        ("epochs: 4611686018427387904\n", 1, "epochs", "at most 1000000"),
        ("gamma: 0\n", 1, "gamma", "greater than 0"),
        ("momentum: 1\n", 1, "momentum", "below 1"),
        ("label-smoothing: 1\n", 1, "label-smoothing", "below 1"),
        ("dropout: 1.0\n", 1, "dropout", "below 1"),
        ("weight-decay: -1e-4\n", 1, "weight-decay", "at least 0"),
        ("patience: -1\n", 1, "patience", "at least 0"),
    ])
    func whatIsWrongIsNamed(yaml: String, line: Int, key: String, says: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try RunConfiguration(yaml: yaml, path: "config.yaml")
        }
        #expect(error.line == line && error.key == key)
        #expect(error.description.contains(says), "\(error)")
        let column = try #require(error.column)
        #expect(
            error.description.hasPrefix("config.yaml, line \(line), column \(column): '\(key)'"))
        #expect(error.category.exitCode == 78)
    }

    @Test(arguments: [
        ("num-epochs: 5\n", 1, 1), ("epochs: 5\nbatchsize: 3\n", 2, 1),
        ("epochs:   x\n", 1, 11), ("milestones: [10, x]\n", 1, 18), ("lr: 1\nlr: 2\n", 2, 1),
        ("lr: &a 1\n", 1, 5), ("model: \"a\\qb\"\n", 1, 10), ("lr: -1 # no\n", 1, 5),
        ("{epochs: x}", 1, 10), ("[[[[", 1, 3), ("text", 1, 1),
    ])
    func whatIsWrongHasAColumn(yaml: String, line: Int, column: Int) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try RunConfiguration(yaml: yaml)
        }
        #expect(error.line == line && error.column == column, "\(error)")
    }

    /// A file of a later format is refused as such, whatever else is in it.
    @Test(arguments: [
        (
            "format: 3\nnew-key: [[[]]]\n",
            "written by a newer lls: format 3, this one reads up to 1"
        ),
        ("# a comment\nlr: 1\nformat:  2 # two\n", "newer lls: format 2"),
        ("{\"format\": 7}", "newer lls: format 7"),
        ("format: 99999999999999999999\n", "newer lls: format 99999999999999999999"),
        ("format: 0\n", "expected a whole number from 1"), ("format: x\n", "invalid value 'x'"),
        ("format: [1]\n", "expected a whole number"), ("format:\n", "expected a whole number"),
        ("format: 1\nbatchsize: 3\n", "unknown key"), ("format: 1\nformat: 1\n", "duplicate key"),
    ])
    func anotherFormatIsRefused(yaml: String, says: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try RunConfiguration(yaml: yaml)
        }
        #expect(error.description.contains(says), "\(error)")
        #expect(error.line != nil && error.column != nil, "\(error)")
        #expect(error.category.exitCode == 78)
        #expect(try RunConfiguration(yaml: "format: 1 # one\nlr: 1\n").lr == 1)
    }

    @Test func aFileKnowsTheKeysThatItHas() throws {
        let file = try ConfigurationFile(yaml: "format: 1\nlr: 0.25\n\nexact: true\n", path: "c")
        #expect(Set(file.places.keys) == [.lr, .exact])
        #expect(file.places[.lr] == .init(line: 2, column: 5))
        let placed = file.placing(ConfigurationError(key: "exact", reason: "no"))
        #expect(placed.description == "c, line 4, column 8: 'exact': no")
        let other = ConfigurationError(key: "seed", reason: "no")
        #expect(file.placing(other) == other)
    }

    @Test(arguments: [
        "- 1\n", "text", "a: b: c", "a: [", "\"", "? [1]\n: 2\n", "epochs: &a 5\nlr: *b\n",
        "\t\t- x",
        "{" + String(repeating: "[", count: 50_000), "a: 1\n---\nb: 2\n",
    ])
    func whatIsNoConfigurationIsRefused(yaml: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try RunConfiguration(yaml: yaml)
        }
        #expect(error.category.exitCode == 78)
        #expect(error.description.split(separator: "\n").count <= 3)
    }

    @Test func aFileThatCannotBeRead() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/config.yaml"
        let missing = try #require(throws: FileError.self) {
            try RunConfiguration(reading: path)
        }
        #expect(missing.category.exitCode == 66)
        try AtomicFile.write([0x6C, 0x72, 0x3A, 0xFF], to: path)
        #expect(throws: ConfigurationError.self) { try RunConfiguration(reading: path) }
        try AtomicFile.write([UInt8](repeating: 0x20, count: 1 << 20 + 1), to: path)
        #expect(throws: ConfigurationError.self) { try RunConfiguration(reading: path) }
        // Sparse: nothing of it is read.
        #expect(truncate(path, 20 << 30) == 0)
        let huge = try #require(throws: ConfigurationError.self) {
            try RunConfiguration(reading: path)
        }
        #expect(huge.description.contains("at most 65536 bytes"))
    }

    /// Few bytes that make a parser take minutes, or recurse until it crashes.
    @Test func nestedAliasesAndListsAreRefusedAtOnce() throws {
        let levels = (1...40).map { level in
            "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]"
        }
        let texts = [
            (["a0: &a0 x"] + levels + ["? *a40", ": 1"]).joined(separator: "\n"),
            "? &a [*a]\n: 1", "lr: *a", "[&a x, *a]", "{\"epochs\":*a}", "'epochs': *a", "*a : 1",
            "<<: *base", String(repeating: "- ", count: 30_000),
            String(repeating: "? ", count: 30_000), String(repeating: "[", count: 60_000),
            "milestones: " + String(repeating: "{a: ", count: 15_000),
            "format: " + String(repeating: " ", count: 60_000) + "x",
            (0..<350).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"),
        ]
        for text in texts {
            let start = ContinuousClock.now
            let error = try #require(throws: ConfigurationError.self, "\(text.prefix(60))") {
                try RunConfiguration(yaml: text)
            }
            #expect(ContinuousClock.now - start < .seconds(2))
            #expect(error.description.split(separator: "\n").count <= 3)
            #expect(error.description.count < 1000)
        }
        // What looks like them and is not.
        let plain = try RunConfiguration(
            yaml: "data-dir: /a&b*c # &x *y\ndevice: \"x &a \\\" *b [[[\"\nrule: 'it''s &a'")
        #expect(plain.dataDir == "/a&b*c" && plain.device == "x &a \" *b [[[")
        #expect(plain.rule == "it's &a")
    }

    @Test func namesAreLookedUpWhereTheyAreGiven() throws {
        let choices: [RunConfiguration.CodingKeys: NamedChoices] = [
            .model: NamedChoices("model", ["LLS_SmallConv", "LLS_VGG8"]),
            .dataset: NamedChoices("data set", ["FashionMNIST"], prefixes: ["folder:"]),
        ]
        let good = "model: lls-vgg8\ndataset: folder:/x\n"
        #expect(try RunConfiguration(yaml: good, choices: choices).model == "lls-vgg8")
        let error = try #require(throws: ConfigurationError.self) {
            try RunConfiguration(
                yaml: "epochs: 1\nmodel: LLS_SmallCnv\n", path: "config.yaml", choices: choices)
        }
        #expect(error.line == 2)
        #expect(
            error.description.hasPrefix(
                "config.yaml, line 2, column 8: 'model': unknown model 'LLS_SmallCnv', did you mean "
                    + "'LLS_SmallConv'?"))
    }
}
