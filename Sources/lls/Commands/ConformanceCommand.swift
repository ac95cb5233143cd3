import ArgumentParser
import FileFormats
import Foundation
import Verification

struct ConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance",
        abstract: "Runs the oracle's training cases on a backend and prints how far it lands.",
        discussion: "Example: lls conformance Tests/Fixtures/golden/smallconv-lls.json")

    @OptionGroup var selection: BackendOptions

    @Flag(help: "One JSON object a case.")
    var json = false

    @Argument(help: "Cases made by the oracle: JSON files.")
    var files: [String]

    /// The keys are those of the command line's contract.
    private struct Line: Encodable {
        let `case`: String
        let passed: Bool
        /// Nil where the deviation is no number.
        let loss_deviation, allowed, logit_deviation: Double?
        let worst_tensor: String
    }

    func run() throws {
        let cases = try files.map { file in
            try ConformanceCase(json: Data(try readFile(file, limit: 1 << 28)), name: file)
        }
        let backend = try selection.open()
        var failed = 0
        for (file, stated) in zip(files, cases) {
            let result = try stated.run(on: backend)
            if !result.passed { failed += 1 }
            Console.result(json ? try lls.json(line(file, result)) : text(file, result))
        }
        if failed > 0 { throw ExitCode(ExitStatus.outOfBounds.rawValue) }
    }

    private func line(_ file: String, _ result: ConformanceResult) -> Line {
        func number(_ value: Double) -> Double? { value.isFinite ? value : nil }
        return Line(
            case: file, passed: result.passed, loss_deviation: number(result.loss.deviation),
            allowed: number(result.loss.allowed),
            logit_deviation: number(result.logits.deviation), worst_tensor: result.worstTensor)
    }

    private func text(_ file: String, _ result: ConformanceResult) -> String {
        func part(_ measure: ConformanceResult.Measure) -> String {
            String(format: "%.1e of %.1e", measure.deviation, measure.allowed)
        }
        return "\(result.passed ? "ok  " : "FAIL") \(file)  losses \(part(result.loss))  "
            + "logits \(part(result.logits))  worst tensor \(part(result.tensor)) "
            + result.worstTensor
    }
}
