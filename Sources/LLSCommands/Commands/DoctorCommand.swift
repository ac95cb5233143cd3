import ArgumentParser

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Finds out why a device is not seen, and what to do about it.",
        discussion: """
            Example: lls doctor > doctor.txt
            Every driver is tried in a process of its own, so that one that crashes or hangs is only \
            named; LLS_OPENCL_TIMEOUT limits the seconds of each (default: 60). The exit status is 69 if \
            there is a problem. An issue report should contain what is printed.
            """)

    @Flag(help: "Print one JSON object.") var json = false

    @Option(help: .private) var probe: Probe?

    private struct Report: Encodable {
        /// The worst of the findings'.
        let status: Finding.Status
        let findings: [Finding]
    }

    func run() throws {
        if let probe { probe.run() }
        let findings = try Doctor().findings()
        let problems = findings.count { $0.status == .problem }
        let warnings = findings.count { $0.status == .warning }
        if json {
            let status: Finding.Status = problems > 0 ? .problem : warnings > 0 ? .warning : .ok
            Console.result(try LLSCommands.json(Report(status: status, findings: findings)))
        } else {
            findings.flatMap(\.lines).forEach(Console.result)
            Console.result(
                problems + warnings == 0
                    ? "no problem" : "problems: \(problems), warnings: \(warnings)")
        }
        guard problems == 0 else { throw ExitCode(ExitStatus.deviceUnavailable.rawValue) }
    }
}

extension Finding {
    /// For people: what was found, and below it the cure.
    fileprivate var lines: [String] {
        let indent = String(repeating: " ", count: 9)
        let lines = text.split(separator: "\n").map(String.init)
        return [status.rawValue.padded(toColumns: 9) + (lines.first ?? "")]
            + lines.dropFirst().map { indent + $0 } + (cure.map { ["\(indent)cure: \($0)"] } ?? [])
    }
}
