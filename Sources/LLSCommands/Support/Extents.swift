import ArgumentParser

/// Three positive extents written `AxBxC`.
///
/// - Throws: `ValidationError` if the text is anything else.
func parseExtents(_ text: String, flag: String) throws -> [Int] {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    let extents = parts.compactMap { $0 }
    guard parts.count == 3, extents.count == 3, extents.allSatisfy({ (1...65536).contains($0) })
    else {
        throw ValidationError(
            "--\(flag) takes three extents up to 65536, such as 32x32x128, not '\(text)'")
    }
    return extents
}
