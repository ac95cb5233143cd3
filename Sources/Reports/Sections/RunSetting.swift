import FileFormats
import Foundation
import Runs

/// What a run ran on and with: environment, configuration, command and memory.
struct RunSetting {
    private let contents: RunContents
    private let recorded: RunEnvironmentRecord?

    private static let mostLibraries = 24
    private static let mostCommands = 5

    init(_ contents: RunContents) {
        self.contents = contents
        recorded = contents.environment
    }

    var environment: String {
        guard let recorded else { return "" }
        var rows: [(String, String?)] = [
            ("backend", recorded.backend), ("tuning table", recorded.tuning),
            ("system", recorded.system),
            ("processors", recorded.processors.map(Figures.whole)),
            ("started", recorded.date.map(Figures.moment)), ("lls", recorded.lls),
            ("commit", recorded.commit), ("data", recorded.dataFingerprint),
        ]
        let libraries = (recorded.libraries ?? [:]).sorted { $0.key < $1.key }
        rows += libraries.prefix(Self.mostLibraries).map { ($0.key, $0.value) }
        return definitions(rows)
    }

    /// Every value, in the order of `config.yaml`; those that are not the default stand out.
    var configuration: String {
        guard let configuration = contents.configuration else { return "" }
        let (settings, standard) = (configuration.settings, RunConfiguration().settings)
        let rows = RunConfiguration.CodingKeys.allCases.compactMap { key -> String? in
            guard let value = settings[key] else { return nil }
            let isOwn = value != standard[key]
            return "<div\(isOwn ? " class=\"own\"" : "")><dt>\(key.rawValue)</dt>"
                + "<dd>\(value.escaped(atMost: 200))</dd></div>\n"
        }
        return """
            <p class="aside">Bold values are not the default.</p>
            <dl class="facts">
            \(rows.joined())</dl>

            """
    }

    var commands: String {
        guard !contents.commands.isEmpty else { return "" }
        let shown = contents.commands.suffix(Self.mostCommands)
            .map { "<pre tabindex=\"0\"><code>\($0.escaped(atMost: 2000))</code></pre>\n" }
        return shown.joined()
            + "<p class=\"aside\"><code>lls train --config config.yaml</code> repeats the run.</p>\n"
    }

    /// Planned and measured bytes of the device, as bars.
    func memory(measured: Int?) -> String {
        let rows = [
            ("planned for a step", recorded?.plannedBytes),
            ("of that, activations", recorded?.plannedActivationBytes),
            ("measured at the peak", measured),
        ].compactMap { name, bytes in bytes.map { (name, max(0, $0)) } }
        guard let most = rows.map(\.1).max(), most > 0 else { return "" }
        let lines = rows.map { name, bytes in
            "<tr><th scope=\"row\">\(name)</th>"
                + "<td class=\"number\">\(Figures.bytes(bytes).escaped())</td>"
                + "<td class=\"bar\"><i style=\"width:"
                + "\(coordinate(100 * Double(bytes) / Double(most)))%\"></i></td></tr>\n"
        }
        return """
            <div><p class="caption">Memory of the device</p>
            <div class="scroll"><table class="memory"><tbody>
            \(lines.joined())</tbody></table></div></div>

            """
    }

    var footer: String {
        let now = Figures.moment(Date().formatted(.iso8601))
        let place = (FileSystem.resolved(contents.folder.path) ?? contents.folder.path).legible
        return """
            <footer><p>Made by lls on \(now.escaped()) from <code>\(place.escaped(atMost: 300))</code></p>\
            </footer>

            """
    }
}
