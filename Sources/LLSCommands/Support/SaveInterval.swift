import ArgumentParser

/// When checkpoints are saved: `1e` after every epoch, `500s` after so many steps, `10m` after so many
/// minutes; several with commas between them, each by itself.
struct SaveInterval: ExpressibleByArgument, Equatable {
    var epochs, steps: Int?
    var time: Duration?
    private let text: String

    /// Every epoch, and every 10 minutes.
    static let standard = SaveInterval(text: "1e,10m", epochs: 1, time: .seconds(600))

    private init(text: String, epochs: Int?, time: Duration?) {
        self.text = text
        self.epochs = epochs
        self.time = time
    }

    init?(argument: String) {
        text = argument
        guard argument != "off" else { return }
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part.dropLast()), (1...1_000_000_000).contains(number) else {
                return nil
            }
            switch part.last {
            case "e" where epochs == nil: epochs = number
            case "s" where steps == nil: steps = number
            case "m" where time == nil: time = .seconds(60 * number)
            default: return nil
            }
        }
    }

    var defaultValueDescription: String { text }
}

/// A length of time on the command line: `90s`, `30m`, `2h`.
struct TimeLimit: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let number = Int(argument.dropLast()), (1...1_000_000_000).contains(number) else {
            return nil
        }
        switch argument.last {
        case "s": duration = .seconds(number)
        case "m": duration = .seconds(60 * number)
        case "h": duration = .seconds(3600 * number)
        default: return nil
        }
    }
}
