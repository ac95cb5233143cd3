import FileFormats
import Foundation
import LocalLearning
import Tensors

/// An inspection as lines for people. Every text in it may be a stranger's.
extension Inspection {
    var lines: [String] {
        var lines: [String] = []
        func add(_ key: String, _ value: String?) {
            if let value { lines.append(key.padded(toColumns: 14) + value) }
        }
        add("path", path.legible)
        add("kind", kind)
        add("size", bytes.map { ($0 < 1000 ? "" : readableBytes($0) + ", ") + "\($0) bytes" })
        add("SHA-256", sha256)
        if let image { add("pixels", "\(image.width)x\(image.height)") }
        if let run { lines += Self.lines(run) }
        if let checkpoint {
            add(
                "position",
                "step \(checkpoint.steps), \(checkpoint.batches) batches into epoch "
                    + "\(checkpoint.epoch)")
        }
        if let card { lines += Self.lines(card) }
        for (key, value) in (metadata ?? [:]).sorted(by: { $0.key < $1.key }) {
            add("metadata", "\(key.legible): \(value.legible)")
        }
        if let onnx { lines += Self.lines(onnx) }
        if let fits {
            for fit in fits {
                add("fits", "\(fit.model.legible) (\(fit.rules.joined(separator: ", ")))")
            }
            if fits.isEmpty { add("fits", "no network here, with any rule") }
        }
        if let tensors { lines += Self.table(tensors) }
        for file in weights ?? [] { lines += [""] + file.lines }
        return lines
    }

    private static func lines(_ pairs: [(String, String?)]) -> [String] {
        pairs.compactMap { key, value in value.map { key.padded(toColumns: 14) + $0 } }
    }

    private static func lines(_ run: Run) -> [String] {
        let outcome = run.outcome
        let result = outcome?.result
        return lines([
            ("trains", "\(run.model.legible) with \(run.rule.legible), \(run.optimizer.legible)"),
            ("data set", run.dataset.legible),
            (
                "epochs",
                "\(result?.epochs ?? 0) of \(run.epochs), "
                    + (outcome?.status.rawValue ?? "not ended, or killed")
            ),
            ("reason", outcome?.reason?.legible),
            (
                "test_top1",
                result.map { "\($0.testTop1.fixed(2)), loss \($0.testLoss.fixed(4))" }
            ),
            (
                "checkpoints",
                run.checkpoints.isEmpty ? nil : run.checkpoints.joined(separator: ", ").legible
            ),
        ])
    }

    private static func lines(_ card: ModelCard) -> [String] {
        func extents(_ values: [Int]?) -> String? {
            values.map { $0.map(String.init).joined(separator: "x") }
        }
        // As the metadata have it, so that what a card learns to say is shown.
        let texts = card.metadata
        return lines([
            ("network", card.model?.legible), ("rule", card.rule?.legible),
            ("data set", card.dataset?.legible), ("input", extents(card.input)),
            (
                "classes",
                card.classes.map { "\($0.count): " + $0.joined(separator: ", ").legible }
            ),
            ("pool", card.pool?.legible), ("normalization", texts["lls.normalization"]?.legible),
            ("transform", texts["lls.transform"]?.legible), ("epoch", card.epoch.map(String.init)),
            ("step", card.step.map(String.init)), ("version", card.version?.legible),
        ])
    }

    private static func lines(_ graph: Graph) -> [String] {
        func text(_ value: Graph.Value) -> String {
            "\(value.name.legible): \(value.type ?? "not a tensor") "
                + "[\(value.shape.map(\.legible).joined(separator: ", "))]"
                + (value.text.map { "  \($0.legible)" } ?? "")
        }
        let sorted = { (counts: [String: Int]) in counts.sorted { $0.key < $1.key } }
        return lines(
            [
                ("producer", "\(graph.producer) \(graph.producer_version)".legible),
                (
                    "opset",
                    sorted(graph.opsets).map { "\($0.key.legible) \($0.value)" }
                        .joined(separator: ", ") + "; format version \(graph.format_version)"
                ),
                ("text", graph.text?.legible),
            ] + graph.inputs.map { ("input", text($0)) }
                + graph.outputs.map { ("output", text($0)) }
                + [
                    (
                        "nodes",
                        sorted(graph.operators).map { "\($0.value) \($0.key.legible)" }
                            .joined(separator: ", ")
                    )
                ])
    }

    private static func table(_ tensors: [Tensor]) -> [String] {
        func number(_ value: Double?) -> String { value.map { String(format: "%.4g", $0) } ?? "-" }
        let count = tensors.map(\.count).saturatingSum()
        let heading = ["tensor", "type", "shape", "count", "min", "max", "mean", "NaN", "inf"]
        let rows = tensors.map { tensor in
            [
                tensor.name.legible, tensor.type, "\(tensor.shape)", "\(tensor.count)",
                number(tensor.min), number(tensor.max), number(tensor.mean),
                tensor.nan.map(String.init) ?? "-", tensor.infinite.map(String.init) ?? "-",
            ]
        }
        let widths = heading.indices.map { column in
            ([heading] + rows).map { $0[column].columns }.max() ?? 0
        }
        let texts = ([heading] + rows).map { row in
            zip(row, widths).enumerated().map { column, cell in
                column < 3
                    ? cell.0.padded(toColumns: cell.1) : cell.0.indented(toColumns: cell.1)
            }.joined(separator: "  ")
        }
        return ["tensors".padded(toColumns: 14) + "\(tensors.count), of \(count) elements"]
            + (tensors.isEmpty ? [] : texts)
    }
}
