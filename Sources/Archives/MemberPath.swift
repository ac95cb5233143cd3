/// A member's name, taken apart and found harmless: it leads nowhere but down.
struct MemberPath {
    /// Never empty; none is empty, `.` or `..`.
    let components: [String]

    struct Refusal: Error {
        let reason: String
    }

    /// Longest that any data set comes near to; the system's own limits are higher.
    private static let greatestDepth = 32
    private static let longestComponent = 255
    private static let longestPath = 1024

    /// Nil for the archive's own top folder, `.`; throws ``Refusal``.
    init?(_ name: String) throws(Refusal) {
        guard !name.isEmpty else { throw Refusal(reason: "a member has no name") }
        guard !name.hasPrefix("/") else { throw Refusal(reason: "an absolute path") }
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == "\\" }) else {
            throw Refusal(reason: "a name with control characters or backslashes")
        }
        let parts = name.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else { throw Refusal(reason: "a path that leads outside") }
        guard parts.count <= Self.greatestDepth, name.utf8.count <= Self.longestPath,
            parts.allSatisfy({ $0.utf8.count <= Self.longestComponent })
        else { throw Refusal(reason: "a path that is too long") }
        if parts.isEmpty { return nil }
        components = parts.map(String.init)
    }
}
