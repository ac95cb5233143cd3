import Foundation

enum Fixtures {
    /// A golden case, found from this file's own place.
    static func golden(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/golden/\(name)")
    }
}
