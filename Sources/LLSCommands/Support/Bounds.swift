import ArgumentParser
import Runs

/// From where to where the whole numbers on the command line go. The upper ends lie far beyond any
/// use, and sizes computed from several of them still fit a machine word.
enum Bounds {
    /// By flag. Those of a run's configuration are ``RunConfiguration/bounds``.
    static func of(_ flag: String) -> ClosedRange<Int> {
        if let key = RunConfiguration.CodingKeys(rawValue: flag),
            let bounds = RunConfiguration.bounds[key]
        {
            return bounds
        }
        guard let bounds = table[flag] else { preconditionFailure("--\(flag) has no bounds") }
        return bounds
    }

    private static let table: [String: ClosedRange<Int>] = [
        "batch": 1...largestBatch,
        "classes": 1...1 << 20,
        "classes-per-batch": 0...1 << 20,
        "epoch": 1...largestCount,
        "keep": 1...1000,
        "k": 1...largestExtent,
        "m": 1...largestExtent,
        "n": 1...largestExtent,
        "out": 1...1 << 16,
        "repetitions": 1...largestCount,
        "steps": 1...largestCount,
        "stride": 1...1 << 16,
        "top": 1...1 << 20,
        "worst": 1...10_000,
    ]

    static let largestBatch = 1 << 24
    private static let largestExtent = 1 << 24
    private static let largestCount = 1_000_000

    /// Numbers in one batch of images: 256 GiB of float32.
    static let largestBatchElements = 1 << 36
    /// Seconds: 30 years.
    static let longest = 1e9
}

/// - Throws: `ValidationError` naming the first flag whose value is out of its bounds; flags that
///   were not given are nil.
func requireWithinBounds(_ flags: (name: String, value: Int?)...) throws {
    for flag in flags {
        let bounds = Bounds.of(flag.name)
        guard let value = flag.value, !bounds.contains(value) else { continue }
        let allowed =
            value < bounds.lowerBound
            ? "at least \(bounds.lowerBound)" : "at most \(bounds.upperBound)"
        throw ValidationError("--\(flag.name) must be \(allowed), not \(value)")
    }
}

/// - Throws: `ValidationError` unless it is a time that somebody can wait for.
func requireSeconds(_ flag: String, _ value: Double) throws {
    guard value > 0, value <= Bounds.longest else {
        throw ValidationError(
            "--\(flag) must be a number of seconds above 0 and up to \(Int(Bounds.longest)), "
                + "not \(value)")
    }
}

/// - Throws: `ValidationError` if a batch of such images has more numbers than any machine holds.
func requirePossible(batch: Int, of extents: [Int]) throws {
    var elements = batch
    for extent in extents {
        let (product, overflows) = elements.multipliedReportingOverflow(by: extent)
        guard !overflows, product <= Bounds.largestBatchElements else {
            throw ValidationError(
                "--batch \(batch) of --input \(extents.map(String.init).joined(separator: "x")) is "
                    + "too large: at most \(Bounds.largestBatchElements) numbers are possible")
        }
        elements = product
    }
}
