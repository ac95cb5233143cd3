import BuildInformation
import FileFormats

/// What `lls --version` prints.
enum VersionText {
    /// The text, for a program that was started with `--version`; the plain number for all others.
    ///
    /// The argument parser wants it before it knows what was asked for, and libcurl reads LDAP's
    /// configuration to tell its version.
    static var ifAsked: String {
        Environment.arguments.contains("--version") ? text : LLSCommand.version
    }

    /// The first line is for programs: `lls 0.1.0 (ea651c29d3f1)`, or `lls 0.1.0` if the commit is not
    /// known. Those below name the libraries.
    static let text: String = {
        let commit = BuildInformation.commit
        let first = "lls \(LLSCommand.version)" + (commit.isEmpty ? "" : " (\(commit))")
        let libraries = BuildInformation.libraries
        let width = libraries.map(\.name.count).max() ?? 0
        let lines = libraries.map { $0.name.padded(toColumns: width + 2) + $0.version }
        return ([first, "Built with \(BuildInformation.parts)."] + lines).joined(separator: "\n")
    }()
}
