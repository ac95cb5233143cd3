/// A value of a curve. One that is not finite, or too large to be drawn, makes a gap.
package struct Point: Equatable {
    package var x, y: Double

    package init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }

    var isDrawable: Bool { Scale.holds(x) && Scale.holds(y) }
}

extension [Point] {
    /// At most about this many points, by the mean of neighbours: for what is noise anyway.
    package func averaged(to limit: Int) -> [Point] {
        guard count > limit, limit > 0 else { return self }
        return parts(limit).map { part in
            let drawable = part.filter(\.isDrawable)
            guard let last = part.last else { return Point(.nan, .nan) }
            guard !drawable.isEmpty else { return Point(last.x, .nan) }
            let n = Double(drawable.count)
            return Point(
                drawable.reduce(0) { $0 + $1.x / n }, drawable.reduce(0) { $0 + $1.y / n })
        }
    }

    /// At most about this many points, among them the first, the last, and the lowest and highest of each
    /// stretch: for what may hold a peak that counts.
    package func withExtremes(to limit: Int) -> [Point] {
        guard count > limit, limit > 4 else { return self }
        var kept: [Point] = []
        for part in parts((limit - 2) / 2) {
            let drawable = part.indices.filter { part[$0].isDrawable }
            guard let low = drawable.min(by: { part[$0].y < part[$1].y }),
                let high = drawable.max(by: { part[$0].y < part[$1].y })
            else {
                if let point = part.first { kept.append(point) }
                continue
            }
            kept += Set([low, high]).sorted().map { part[$0] }
        }
        if let first, kept.first != first { kept.insert(first, at: 0) }
        if let last, kept.last != last { kept.append(last) }
        return kept
    }

    private func parts(_ number: Int) -> [ArraySlice<Point>] {
        (0..<number).map { self[count * $0 / number..<count * ($0 + 1) / number] }
            .filter { !$0.isEmpty }
    }
}

extension [Double] {
    /// These values without the few that would press all others flat, as those of the first epochs of a long run
    /// do, and whether any was left out.
    ///
    /// It leaves out a twenty-fifth at each end at most, and nothing unless what is left spans less than half
    /// as much.
    package var withoutRareExtremes: (values: [Double], isCut: Bool) {
        guard count > 80 else { return (self, false) }
        let sorted = sorted()
        let part = count / 25
        let kept = Array(sorted[part..<count - part])
        guard let low = kept.first, let high = kept.last else { return (self, false) }
        // Beyond what is kept by its own width again, a value is rare; within, it is worth its place.
        let margin = (high - low)
        let near = sorted.filter { (low - margin...high + margin).contains($0) }
        guard let least = near.first, let most = near.last, margin > 0,
            sorted[count - 1] - sorted[0] > 2 * (most - least)
        else { return (self, false) }
        return (near, true)
    }
}

/// The path through points, with gaps where they cannot be drawn.
///
/// - Parameters: what turns a value into a coordinate.
package func path(_ points: [Point], x: (Double) -> Double, y: (Double) -> Double) -> String {
    var text = ""
    var isPenUp = true
    for point in points {
        guard point.isDrawable else {
            isPenUp = true
            continue
        }
        text += (isPenUp ? "M" : "L") + coordinate(x(point.x)) + " " + coordinate(y(point.y))
        isPenUp = false
    }
    return text
}
