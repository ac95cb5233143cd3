/// A quick look at a part of a split.
extension ImageSplit {
    /// The places of `limit` samples, in the order of the split; nil where that is all of them.
    ///
    /// Of each class they are the first ones, as many as its share of the split says. Class folders
    /// are listed one after the other, so that the first samples of all would be of one class.
    public func places(limit: Int) -> [Int32]? {
        guard limit < count else { return nil }
        var left = shares(limit: limit)
        return labels.indices.compactMap { place in
            let label = Int(labels[place])
            guard left[label] > 0 else { return nil }
            left[label] -= 1
            return Int32(place)
        }
    }

    /// How many of `limit` samples each label gets: its share, rounded down, and one more for those
    /// that lost most by that, the lower label first.
    private func shares(limit: Int) -> [Int] {
        let counts = labelCounts
        // Both factors are below 2³¹, as labels are counted in 32 bits.
        var shares = counts.map { $0 * limit / count }
        let lost = counts.map { $0 * limit % count }
        let rest = limit - shares.reduce(0, +)
        for label in counts.indices.sorted(by: { (lost[$1], $0) < (lost[$0], $1) }).prefix(rest) {
            shares[label] += 1
        }
        return shares
    }

    /// How many samples each label has, up to the greatest there is.
    var labelCounts: [Int] {
        var counts = [Int](repeating: 0, count: Int(labels.max() ?? -1) + 1)
        for label in labels { counts[Int(label)] += 1 }
        return counts
    }

    /// The same of `limit` samples, if there are more.
    func labelCounts(limit: Int?) -> [Int] {
        guard let limit, limit < count else { return labelCounts }
        return shares(limit: limit)
    }

    /// The labels below `classes` of which there is no sample, or none among `limit`.
    func emptyLabels(classes: Int, limit: Int? = nil) -> [Int] {
        let counts = labelCounts(limit: limit)
        return (0..<classes).filter { $0 >= counts.count || counts[$0] == 0 }
    }
}

extension ImageDataset {
    /// How many training samples each class has, in the order of the classes.
    ///
    /// - Parameter limit: see ``ImageSplit/places(limit:)``; nil for all.
    public func trainingCounts(limit: Int? = nil) -> [Int] {
        let counts = train.labelCounts(limit: limit)
        return classNames.indices.map { $0 < counts.count ? counts[$0] : 0 }
    }

    /// What should be known before the data is used, a line each: files and classes that are left
    /// out.
    ///
    /// - Parameter isTrained: whether the training split is used too.
    public func notes(
        limitTrain: Int? = nil, limitTest: Int? = nil, isTrained: Bool = true
    ) -> [String] {
        var notes = isTrained ? readerNotes : []
        let leftOut = isTrained ? leftOutOfTrain + leftOutOfTest : leftOutOfTest
        if let summary = leftOut.summary {
            notes.append("left out (not an image, by its name): \(summary)")
        }
        func note(_ split: ImageSplit, _ limit: Int?, _ what: String) {
            let absent = split.emptyLabels(classes: classNames.count)
            if !absent.isEmpty {
                notes.append("no \(what) samples of \(list(absent.map { classNames[$0] }))")
            }
            let emptied = split.emptyLabels(classes: classNames.count, limit: limit)
                .filter { !absent.contains($0) }
            if !emptied.isEmpty, let limit {
                notes.append(
                    "the limit of \(limit) \(what) samples leaves none of "
                        + list(emptied.map { classNames[$0] }))
            }
        }
        if isTrained { note(train, limitTrain, "training") }
        note(test, limitTest, "test")
        return notes
    }
}
