/// The candidate a mistyped name was most likely meant to be, or nil if none is near.
///
/// Case, `-` and `_` do not count; a third of the letters, and at least two, may be wrong.
public func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(plainName(name).unicodeScalars)
    guard !wanted.isEmpty, wanted.count <= 256 else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let letters = Array(plainName(candidate).unicodeScalars)
        let distance = editDistance(wanted, letters)
        let allowed = max(2, max(wanted.count, letters.count) / 3)
        guard distance <= allowed, distance < letters.count else { continue }
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
}

/// The form in which names are compared: lower case, without `-` and `_`.
public func plainName(_ name: String) -> String {
    name.lowercased().filter { $0 != "-" && $0 != "_" }
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
func editDistance<Element: Equatable>(_ left: [Element], _ right: [Element]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: right.count + 1)
    var previous = Array(0...right.count)
    for i in left.indices {
        var current = [i + 1]
        current.reserveCapacity(right.count + 1)
        for j in right.indices {
            let replaced = previous[j] + (left[i] == right[j] ? 0 : 1)
            var cost = min(replaced, previous[j + 1] + 1, current[j] + 1)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                cost = min(cost, beforePrevious[j - 1] + 1)
            }
            current.append(cost)
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[right.count]
}
