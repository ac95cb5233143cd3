import Foundation

enum Fixtures {
    /// The names of all golden cases.
    static let goldenCases: [String] = {
        let folder = golden("").path()
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".json") && $0 != "basis.json" }
            .map { String($0.dropLast(5)) }.sorted()
    }()

    /// A golden case, found from this file's own place.
    static func golden(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/golden/\(name)")
    }
}
