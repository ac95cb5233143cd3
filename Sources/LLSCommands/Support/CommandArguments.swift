import ArgumentParser
import FileFormats
import Suggestions

/// What is done to a command line before the argument parser sees it, and to what it says after.
enum CommandArguments {
    /// Negative numbers are joined to the option before them: the parser takes `-1` in `--lr -1` for
    /// an option, and would say that the value is missing.
    static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
        var joined: [String] = []
        var options = arguments[...]
        while let argument = options.popFirst() {
            if argument == "--" { return joined + [argument] + options }
            if let last = joined.last, last.hasPrefix("--"), last.count > 2, !last.contains("="),
                argument.wholeMatch(of: /-(\.?[0-9].*|inf(inity)?|nan)/.ignoresCase()) != nil
            {
                joined[joined.count - 1] = "\(last)=\(argument)"
            } else {
                joined.append(argument)
            }
        }
        return joined
    }

    /// Throws `ValidationError` for the first word that stands where a command must, and is none; also
    /// behind `help`, where the parser would print the overview as if nothing were wrong.
    static func checkCommands(
        _ arguments: [String], root: any ParsableCommand.Type
    ) throws {
        var words = arguments[...]
        if words.first == "help" { words.removeFirst() }
        var command = root
        var path = Registry.programName
        while let word = words.popFirst(), !word.hasPrefix("-") {
            let commands = command.configuration.subcommands
            if commands.isEmpty || word == "help" && arguments.first != "help" { return }
            let found = commands.first { $0._commandName == word }
            guard let found else {
                let names = commands.map { $0._commandName }
                let guess = nearest(to: word, among: names).map { " Did you mean '\($0)'?" } ?? ""
                throw ValidationError(
                    "unknown command '\(path) \(word.legible)'.\(guess)\n"
                        + "Known: \(names.joined(separator: ", "))")
            }
            command = found
            path += " \(word)"
        }
    }

    /// The parser's message without a guess that is not near: it proposes `--lr` for `--from`.
    static func withoutFarGuess(_ message: String) -> String {
        let pattern = /Unknown option '(-+)([^']*)'\. Did you mean '-*([^']*)'\?/
        guard let match = message.firstMatch(of: pattern),
            nearest(to: String(match.2), among: [String(match.3)]) == nil
        else { return message }
        return message.replacing(match.0, with: "Unknown option '\(match.1)\(match.2)'")
    }

    /// What was given behind the names of a command.
    static func behind(_ names: [String]) -> [String] {
        var arguments = Environment.arguments.dropFirst()
        for name in names { arguments = arguments.drop { $0 != name }.dropFirst() }
        return joiningNegativeNumbers(Array(arguments))
    }

    /// The flags that were given, without their dashes.
    static func flags(in arguments: [String]) -> Set<String> {
        Set(
            arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("-") }.map { argument in
                String(argument.drop { $0 == "-" }.prefix { $0 != "=" })
            })
    }
}
