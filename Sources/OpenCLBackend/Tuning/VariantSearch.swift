/// Finds the fastest of several ways to compute the same thing. Knows no device: what a variant
/// computes and how long it takes is asked of closures.
package struct VariantSearch<Choice> {
    let candidates: [Choice]
    /// Whether only variants count that compute the very bytes of the shipped one.
    let isExact: Bool
    /// The result of a variant, nil for the shipped one.
    let compute: (Choice?) throws -> [Float]
    /// Seconds that a variant takes.
    let time: (Choice?) throws -> Double
    /// Whether the time is up.
    let isOver: () -> Bool

    package init(
        candidates: [Choice], isExact: Bool = false, compute: @escaping (Choice?) throws -> [Float],
        time: @escaping (Choice?) throws -> Double, isOver: @escaping () -> Bool
    ) {
        self.candidates = candidates
        self.isExact = isExact
        self.compute = compute
        self.time = time
        self.isOver = isOver
    }

    /// Times as fast as shipped that a variant must be, or noise would choose.
    static var worthwhile: Double { 1.05 }
    /// Pairs of runs whose median ratio counts.
    static var rounds: Int { 5 }

    package struct Outcome {
        /// Nil where what is shipped is best.
        package var choice: Choice?
        /// How many times as fast as shipped it is.
        package var gain = 1.0
        /// What failed to build, to run, or to compute the same.
        package var skipped: [(choice: Choice, reason: String)] = []
        /// Whether every candidate was tried.
        package var isComplete = true
    }

    /// - Throws: what the shipped variant throws; a candidate that throws is skipped.
    package func run() throws -> Outcome {
        var outcome = Outcome()
        let expected = try compute(nil)
        _ = try time(nil)
        for candidate in candidates {
            guard !isOver() else {
                outcome.isComplete = false
                break
            }
            do {
                let values = try compute(candidate)
                if let reason = difference(values, expected) {
                    outcome.skipped.append((candidate, reason))
                    continue
                }
                guard !isExact || values.map(\.bitPattern) == expected.map(\.bitPattern) else {
                    continue
                }
                _ = try time(candidate)
                let gain = try gain(of: candidate)
                if gain > max(outcome.gain, Self.worthwhile) {
                    outcome.choice = candidate
                    outcome.gain = gain
                }
            } catch {
                outcome.skipped.append((candidate, firstLine("\(error)")))
            }
        }
        return outcome
    }

    /// How many times as fast as shipped. Who runs second finds the cache warm, so they take turns.
    private func gain(of candidate: Choice) throws -> Double {
        let gains = try (0..<Self.rounds).map { round in
            let isFirst = round.isMultiple(of: 2)
            let early = try time(isFirst ? candidate : nil)
            let late = try time(isFirst ? nil : candidate)
            return isFirst ? late / early : early / late
        }
        return gains.sorted()[Self.rounds / 2]
    }
}

/// Why `values` are not what was expected; nil where they are. Sums in another order differ by some
/// 10⁻⁶ of their size, Winograd's by some 10⁻⁵; a wrong element by its size.
package func difference(_ values: [Float], _ expected: [Float]) -> String? {
    guard values.count == expected.count else {
        return "computes \(values.count) elements of \(expected.count)"
    }
    var (largest, error, squares, errors) = (0.0, 0.0, 0.0, 0.0)
    for (value, expected) in zip(values, expected) {
        guard value.isFinite else { return "computes \(value)" }
        let deviation = abs(Double(value) - Double(expected))
        largest = max(largest, abs(Double(expected)))
        error = max(error, deviation)
        squares += Double(expected) * Double(expected)
        errors += deviation * deviation
    }
    guard error <= 1e-4 * largest, errors <= 4e-10 * squares else {
        return "is off by \(error) where values reach \(largest)"
    }
    return nil
}

func firstLine(_ text: String) -> String {
    text.split(separator: "\n").first.map(String.init) ?? text
}
