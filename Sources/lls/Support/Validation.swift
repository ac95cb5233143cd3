import ArgumentParser

/// - Throws: `ValidationError` naming the first flag whose value is not positive.
func requirePositive(_ flags: (name: String, value: Int)...) throws {
    for flag in flags where flag.value <= 0 {
        throw ValidationError("--\(flag.name) must be at least 1, not \(flag.value)")
    }
}

/// Three positive extents written `AxBxC`.
///
/// - Throws: `ValidationError` where the text is anything else.
func parseExtents(_ text: String, flag: String) throws -> [Int] {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let extents = parts.compactMap { $0 }
    guard parts.count == 3, extents.count == 3, extents.allSatisfy({ (1...65536).contains($0) })
    else {
        throw ValidationError("--\(flag) takes three extents such as 32x32x128, not '\(text)'")
    }
    return extents
}
