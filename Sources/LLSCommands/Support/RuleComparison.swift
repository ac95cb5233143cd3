import LocalLearning
import Profiling

/// The work and the memory of a step by every rule, beside what the paper of LLS claims: up to 300 times
/// fewer multiply–accumulates than backpropagation for the learning signal, and about half the memory.
package struct RuleComparison: Encodable {
    package struct Row: Encodable {
        package let rule: String
        /// Multiply–accumulates of one step. The learning signal is everything that the gradient of an
        /// activation is made from: local losses, projected errors, and gradients that are handed back
        /// through layers.
        package let forward, learning_signal, weight_gradient: Int
        /// Bytes of the plan, without what a backend's operations borrow.
        package let memory_bytes, activation_bytes: Int
        /// How many times as much backpropagation needs; nil if this is it, or a count is 0.
        package fileprivate(set) var learning_signal_saving, memory_saving: Double?

        package var total: Int {
            forward.saturatingAdding(learning_signal).saturatingAdding(weight_gradient)
        }
    }

    package let model, input: String
    package let classes, batch: Int
    package let rows: [Row]
    /// What follows from the count, in plain words.
    package let conclusion: String

    /// Counts for `training` by every rule that its network can be taught by.
    ///
    /// - Parameter input: the size of its images, as it was given.
    /// - Throws: ``ArchitectureError`` if not even backpropagation can teach it.
    init(_ training: PlannedTraining, input: String) throws {
        let measure = Backpropagation()
        let reference = try Self.row(measure, training)
        var rows: [Row] = []
        for rule in Registry.rules {
            var row: Row
            do { row = try Self.row(rule, training) } catch is ArchitectureError { continue }
            if rule.name != measure.name {
                row.learning_signal_saving = Self.ratio(
                    reference.learning_signal, row.learning_signal)
                row.memory_saving = Self.ratio(reference.memory_bytes, row.memory_bytes)
            }
            rows.append(row)
        }
        self.rows = rows
        self.input = input
        model = training.network.architecture.name
        classes = training.network.classes
        batch = training.batch
        conclusion = Self.conclusion(rows.first { $0.rule == LLS().name }, reference)
    }

    private static func row(_ rule: any LearningRule, _ training: PlannedTraining) throws -> Row {
        var training = training
        training.network = try training.network.taught(by: rule)
        let plan = try TrainingPlan(training, alignment: 1)
        let work = plan.work
        return Row(
            rule: rule.name, forward: work.total(.forward),
            learning_signal: work.total(.learningSignal).saturatingAdding(
                work.total(.inputGradient)),
            weight_gradient: work.total(.weightGradient), memory_bytes: plan.totalBytes,
            activation_bytes: plan.activationBytes)
    }

    private static func ratio(_ whole: Int, _ part: Int) -> Double? {
        part > 0 ? Double(whole) / Double(part) : nil
    }

    private static func conclusion(_ lls: Row?, _ reference: Row) -> String {
        guard let lls, let signal = lls.learning_signal_saving else {
            return "LLS cannot teach this network, so there is nothing to compare."
        }
        func share(_ count: (Row) -> Int) -> String {
            let whole = Double(max(count(reference), 1))
            return "\((100 * Double(count(lls)) / whole).fixed(0)) %"
        }
        return """
            For this network and these images LLS takes \(signal.times) fewer multiply–accumulates than \
            BP for its learning signal; the paper of LLS states up to 300 times. It holds \
            \(share(\.memory_bytes)) of BP's memory, and \(share(\.activation_bytes)) of its activations; \
            the paper states about half of the memory. A whole step takes \(share(\.total)) of BP's \
            multiply–accumulates: the forward pass and the gradients of the weights cost as much by \
            either rule.
            """
    }

    var lines: [String] {
        var table = TextTable(
            [
                "rule", "forward", "learning signal", "fewer than BP", "weight gradient", "all",
                "memory", "of BP's",
            ], numbers: Set(1...7))
        for row in rows {
            table.add([
                row.rule, row.forward.millions, row.learning_signal.millions,
                row.learning_signal_saving?.times ?? "-", row.weight_gradient.millions,
                row.total.millions, megabytes(row.memory_bytes),
                row.memory_saving.map { "\((100 / $0).fixed(0)) %" } ?? "-",
            ])
        }
        return [
            "\(model), images of \(input), \(classes) classes, batches of \(batch): million "
                + "multiply–accumulates of a step, and the memory that it is planned to hold", "",
        ] + table.lines + ["", conclusion]
    }
}

extension Int {
    fileprivate var millions: String { (1e-6 * Double(self)).fixed(2) }
}

extension Double {
    /// `12 times`, `1.3 times`.
    fileprivate var times: String { "\(fixed(self < 10 ? 1 : 0)) times" }
}
