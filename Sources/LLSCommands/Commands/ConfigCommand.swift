import ArgumentParser
import FileFormats
import Runs

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows the settings of a training run before it starts.",
        discussion: "Example: lls config show --config mine.yaml --epochs 20",
        subcommands: [ConfigShow.self])
}

struct ConfigShow: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show",
            abstract:
                "Prints every setting that 'train' would use, and where its value comes from.",
            // The parser would name 'train', whose flags these are, as a command.
            usage:
                "\(Registry.programName) config show [--config <file>] [<flags of train>] [--json]",
            discussion: """
                Example: lls config show --config mine.yaml --epochs 20
                All flags of 'train' are taken. Flags come before environment variables, these before the \
                file of --config, and that before the defaults. What is printed is itself a file for \
                --config.
                """)
    }

    @OptionGroup var train: TrainCommand

    private struct Line: Encodable {
        let key: String
        let value: ConfigurationValue
        /// `default`, `file`, `environment`, `flag` or `weights`.
        let origin: String
        var path: String?
        var line, column: Int?
        /// The environment variable, or the flag as it was spelt.
        var name: String?
    }

    func run() throws {
        guard train.resume == nil else {
            throw ValidationError(
                "--resume has no effect here: show the run's own file with --config")
        }
        let given = GivenFlags(CommandArguments.behind(["config", "show"]))
        let settings = try TrainSettings(train, given)
        let keys = RunConfiguration.CodingKeys.allCases
        if train.json {
            let values = settings.recorded.values
            for key in keys {
                Console.result(
                    try LLSCommands.json(
                        line(key, values[key] ?? .null, settings.origin(of: key))))
            }
            return
        }
        let lines = settings.recorded.yaml.split(separator: "\n").map(String.init)
        let origins = ["the format of this file"] + keys.map { settings.origin(of: $0).text }
        // One long value pushes no other column aside.
        let width = lines.map(\.columns).filter { $0 <= 50 }.max() ?? 0
        for (line, origin) in zip(lines, origins) {
            Console.result("\(line.padded(toColumns: width))  # \(origin)")
        }
    }

    private func line(
        _ key: RunConfiguration.CodingKeys, _ value: ConfigurationValue,
        _ origin: TrainSettings.Origin
    ) -> Line {
        let key = key.rawValue
        return switch origin {
        case .standard: Line(key: key, value: value, origin: "default")
        case .weights: Line(key: key, value: value, origin: "weights")
        case .variable(let name): Line(key: key, value: value, origin: "environment", name: name)
        case .flag(let name): Line(key: key, value: value, origin: "flag", name: name)
        case .file(let path, let place):
            Line(
                key: key, value: value, origin: "file", path: path, line: place.line,
                column: place.column)
        }
    }
}

extension TrainSettings.Origin {
    /// For people, behind `#`.
    fileprivate var text: String {
        switch self {
        case .standard: "default"
        case .file(let path, let place): "\(path.legible), line \(place.line)"
        case .variable(let name): "environment variable \(name)"
        case .flag(let flag): "flag \(flag)"
        case .weights: "weights of --init"
        }
    }
}
