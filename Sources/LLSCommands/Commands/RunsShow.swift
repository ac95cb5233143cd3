import ArgumentParser
import FileFormats
import Runs

struct RunsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows all about a run: what it has reached, on what, and with which settings.",
        discussion: """
            Example: lls runs show runs/fashionmnist-smallconv-lls/001
            Of the configuration it shows what is not the default; --json prints every value.
            """)

    @OptionGroup var place: RunsFolderOptions
    @Flag(help: "Print one JSON object.") var json = false
    @Argument(
        help: ArgumentHelp("The run's folder.", valueName: "run"), completion: .runs,
        transform: pathArgument)
    var name: String

    private struct Object: Encodable {
        let result: RunSummary
        let configuration: RunConfiguration?
        let environment: RunEnvironmentRecord?
        let commands: [String]
        let checkpoints, weights: [String]
        let report: String?
    }

    func run() throws {
        for folder in try place.find([name]) {
            let contents = try RunContents(folder, with: [])
            // Of a damaged run there is something else to show; a folder without anything is no run.
            if contents.outcome == nil, contents.epochs.isEmpty, contents.commands.isEmpty {
                _ = try RunFolder(opening: folder.path)
            }
            let object = Object(
                result: RunSummary(contents), configuration: contents.configuration,
                environment: contents.environment, commands: contents.commands,
                checkpoints: Self.list(folder.checkpoints).filter { Int($0) != nil },
                weights: Self.list(folder.weights).filter { $0.hasSuffix(".safetensors") },
                report: FileSystem.isFile(folder.reportFile) ? folder.reportFile : nil)
            guard !json else { return Console.result(try LLSCommands.json(object)) }
            for line in lines(object) { Console.result(line) }
        }
    }

    private static func list(_ folder: String) -> [String] {
        (try? FileSystem.list(folder)) ?? []
    }

    private func lines(_ object: Object) -> [String] {
        var pairs = reached(object.result, object.configuration)
        if let environment = object.environment { pairs += conditions(environment) }
        pairs += settings(object.configuration)
        pairs += object.commands.map { ("command", $0) }
        pairs.append(("checkpoints", joined(object.checkpoints)))
        pairs.append(("weights", joined(object.weights)))
        pairs.append(("report", object.report))
        pairs += object.result.problems.map { ("problem", $0) }
        let shown = pairs.compactMap { key, value in value.map { (key.legible, $0.legible) } }
        let width = 2 + (shown.map(\.0.columns).max() ?? 0)
        return shown.map { $0.padded(toColumns: width) + $1 }
    }

    private typealias Pairs = [(String, String?)]

    private func reached(_ run: RunSummary, _ configuration: RunConfiguration?) -> Pairs {
        let planned = configuration.map { " of \($0.epochs)" } ?? ""
        let best = run.bestEpoch.map { epoch in
            " (best \(run.bestTop1?.fixed(2) ?? "?") % after epoch \(epoch))"
        }
        let top1 = run.testTop1.map { "\($0.fixed(2)) %" + (best ?? "") }
        return [
            ("run", run.folder.path), ("status", run.status.rawValue),
            ("reason", run.reason?.replacing("\n", with: "; ")),
            ("model", configuration?.model), ("rule", configuration?.rule),
            ("data set", configuration?.dataset), ("optimizer", configuration?.optimizer),
            ("epochs", "\(run.epochs)\(planned)"), ("test_top1", top1),
            ("test_top5", run.testTop5.map { "\($0.fixed(2)) %" }),
            ("test_loss", run.testLoss?.fixed(4)),
            ("images/s", run.imagesPerSecond?.fixed(0)),
            ("peak memory", run.peakBytes.map(megabytes)),
            ("time", run.seconds.map { "\($0.fixed(1)) s" }), ("started", run.date.map(moment)),
        ]
    }

    private func conditions(_ record: RunEnvironmentRecord) -> Pairs {
        let commit = record.commit.map { " (\($0))" } ?? ""
        let pairs: Pairs = [
            ("planned", record.plannedBytes.map(megabytes)), ("backend", record.backend),
            ("tuning", record.tuning), ("system", record.system),
            ("lls", record.lls.map { $0 + commit }), ("data", record.dataFingerprint),
        ]
        return pairs
            + (record.libraries ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Those that are not the default and that no line above shows.
    private func settings(_ configuration: RunConfiguration?) -> Pairs {
        guard let settings = configuration?.settings else { return [] }
        let standard = RunConfiguration().settings
        let shown: Set<RunConfiguration.CodingKeys> = [
            .model, .rule, .dataset, .optimizer, .epochs,
        ]
        return RunConfiguration.CodingKeys.allCases.filter {
            !shown.contains($0) && settings[$0] != nil && settings[$0] != standard[$0]
        }.map { ($0.rawValue, settings[$0]) }
    }

    private func joined(_ names: [String]) -> String? {
        names.isEmpty ? nil : names.joined(separator: ", ")
    }
}
