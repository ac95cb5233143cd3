/// Finds the fastest of several ways to compute the same thing. It knows no device: closures compute
/// and time a variant.
package struct VariantSearch<Choice> {
    let candidates: [Choice]
    /// Whether only variants count that compute the very bytes of the default.
    let isExact: Bool
    /// The result of a variant, nil for the default.
    let compute: (Choice?) throws -> [Float]
    /// Seconds that a variant takes.
    let time: (Choice?) throws -> Double
    /// Whether the time is up.
    let isOver: () -> Bool

    /// A search among `candidates`; the parameters are the properties.
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

    /// How many times faster than the default a variant must be: below that, noise would choose.
    static var worthwhile: Double { 1.05 }
    /// Pairs of runs whose median ratio counts.
    static var rounds: Int { 5 }

    /// The result of a search.
    package struct Outcome {
        /// Nil if the default is best.
        package var choice: Choice?
        /// How many times faster than the default it is.
        package var gain = 1.0
        /// Candidates that failed to build, to run, or to compute the same.
        package var skipped: [(choice: Choice, reason: String)] = []
        /// Whether every candidate was tried.
        package var isComplete = true
    }

    /// - Throws: the default's error; a candidate that throws is skipped.
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

    /// How many times faster than the default. The second of two runs finds the cache warm, so they
    /// take turns.
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

/// Why `values` differ too much from those expected; nil if they do not. Sums in another order differ
/// by some 10⁻⁶ of their size, Winograd's by some 10⁻⁵; a wrong element differs by its size.
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
