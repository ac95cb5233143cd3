import ArgumentParser
import Verification

struct SelfTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Checks every operation of a backend against the double-precision reference.",
        discussion: "Example: lls selftest --backend opencl --kernel-engine local --filter matrix")

    @OptionGroup var selection: BackendOptions

    @Option(help: "Run only cases whose name contains this text.")
    var filter: String?

    @Flag(help: "Run only tiny shapes, for simulators.")
    var small = false

    @Flag(help: "Open the device again for every case, so that no case sees the memory of another.")
    var isolated = false

    @Flag(help: "Print one JSON object per case.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print every case, not only failures.")
    var verbose = false

    func run() throws {
        var backend = try selection.open()
        let cases = OperationCatalog.all(size: small ? .small : .full)
            .filter { operation in filter.map { operation.name.contains($0) } ?? true }
        guard !cases.isEmpty else {
            throw ValidationError("no case has a name that contains '\(filter ?? "")'")
        }
        var failed = 0
        var worst = (ratio: 0.0, name: "-")
        for operation in cases {
            if isolated { backend = try selection.open() }
            let result = try verify(operation, on: backend)
            if !result.passed { failed += 1 }
            if result.ratio > worst.ratio { worst = (result.ratio, operation.name) }
            if json {
                Console.result(try LLSCommands.json(Line(operation, result)))
            } else if verbose || !result.passed {
                Console.result("\(result.passed ? "ok  " : "FAIL") \(result)")
            }
        }
        if !json {
            Console.result(
                "\(cases.count - failed) of \(cases.count) cases within bounds on \(backend.name); "
                    + "worst \(worst.ratio.fixed(2)) of its bound: \(worst.name)")
        }
        if failed > 0 { throw ExitCode(ExitStatus.outOfBounds.rawValue) }
    }

    private struct Line: Encodable {
        let operation: String
        let passed: Bool
        let ratio: Double?

        init(_ operation: OperationCase, _ result: OperationResult) {
            self.operation = operation.name
            passed = result.passed
            ratio = result.ratio.isFinite ? result.ratio : nil
        }
    }
}
