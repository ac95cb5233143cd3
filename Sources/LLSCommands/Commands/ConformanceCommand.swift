import ArgumentParser
import FileFormats
import Foundation
import Verification

struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Runs the oracle's golden cases on a backend and prints the deviations.",
        discussion: """
            Example: lls conformance Tests/Fixtures/golden/smallconv-lls.json
            A case is about what is computed, so that what rounds least is the default here, as with
            --exact; but --convolution may name any algorithm.
            """)

    @OptionGroup var selection: BackendOptions

    @Flag(help: "Print one JSON object per case.")
    var json = false

    @Argument(
        help: "JSON files of golden cases.", completion: .file(extensions: ["json"]),
        transform: pathArgument)
    var files: [String]

    private enum Stated {
        case run(ConformanceCase)
        case basis(BasisCase)
    }

    /// The keys are those of the command line's contract; nil where a case has no such number, or
    /// the deviation is none.
    private struct Line: Encodable {
        let `case`: String
        let passed: Bool
        var loss_deviation, allowed, logit_deviation, basis_deviation: Double?
        var worst_tensor: String?
    }

    func run() throws {
        let cases = try files.map { file in
            let json = Data(try readFile(file, limit: 1 << 28))
            if let basis = BasisCase(json: json) { return Stated.basis(basis) }
            return .run(try ConformanceCase(json: json, name: file))
        }
        let backend = try selection.open(exactly: true)
        var failed = 0
        for (file, stated) in zip(files, cases) {
            let (line, text) =
                switch stated {
                case .run(let stated): describe(file, try stated.run(on: backend))
                case .basis(let basis): describe(file, deviation: basis.deviation())
                }
            if !line.passed { failed += 1 }
            Console.result(
                json
                    ? try LLSCommands.json(line)
                    : "\(line.passed ? "ok  " : "FAIL") \(file)  \(text)")
        }
        if failed > 0 { throw ExitCode(ExitStatus.outOfBounds.rawValue) }
    }

    private func describe(_ file: String, _ result: ConformanceResult) -> (Line, String) {
        func number(_ value: Double) -> Double? { value.isFinite ? value : nil }
        func part(_ measure: ConformanceResult.Measure) -> String {
            String(format: "%.1e of %.1e", measure.deviation, measure.allowed)
        }
        return (
            Line(
                case: file, passed: result.passed,
                loss_deviation: number(result.loss.deviation),
                allowed: number(result.loss.allowed),
                logit_deviation: number(result.logits.deviation),
                worst_tensor: result.worstTensor),
            "losses \(part(result.loss))  logits \(part(result.logits))  "
                + "worst tensor \(part(result.tensor)) \(result.worstTensor)"
        )
    }

    private func describe(_ file: String, deviation: Double) -> (Line, String) {
        (
            Line(
                case: file, passed: deviation <= BasisCase.allowed, allowed: BasisCase.allowed,
                basis_deviation: deviation.isFinite ? deviation : nil),
            String(format: "basis %.1e of %.1e", deviation, BasisCase.allowed)
        )
    }
}
