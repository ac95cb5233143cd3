import Foundation

/// A parameter or a tag.
struct MLflowText: Encodable, Equatable, Sendable {
    let key, value: String

    /// Texts that are longer than a server takes lose their end.
    init(_ key: String, _ value: String) {
        self.key = key
        // Older servers take no more than 500.
        self.value = value.utf16.count > 500 ? value.prefix(400) + "…" : value
    }
}

/// One value of a metric.
struct MLflowMetric: Encodable, Equatable, Sendable {
    let key: String
    let value: Double
    /// Milliseconds since 1970.
    let timestamp: Int64
    let step: Int
}

/// What one call of `runs/log-batch` sends.
struct MLflowBatch: Encodable, Sendable {
    let run_id: String
    var metrics: [MLflowMetric] = []
    var params: [MLflowText] = []
    var tags: [MLflowText] = []

    /// A server refuses more in one call.
    static let mostMetrics = 1000
    static let mostParameters = 100
    static let mostTags = 100
    /// Bytes; a server refuses more than 1 MB.
    static let greatestSize = 900_000

    /// Numbers that JSON has none for are words, as protobuf reads them.
    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return encoder
    }

    /// Cuts metrics into parts that a server takes in one call each.
    static func parts(_ metrics: [MLflowMetric]) -> [ArraySlice<MLflowMetric>] {
        var parts: [ArraySlice<MLflowMetric>] = []
        var start = metrics.startIndex
        var size = 0
        for (index, metric) in metrics.enumerated() {
            // Every number in it has at most 25 digits, and a scalar at most 6 bytes in JSON.
            let own = 6 * metric.key.utf8.count + 140
            if index > start, index - start == mostMetrics || size + own > greatestSize {
                parts.append(metrics[start..<index])
                (start, size) = (index, 0)
            }
            size += own
        }
        if start < metrics.endIndex { parts.append(metrics[start...]) }
        return parts
    }
}
