import FileFormats
import Randomness

/// How pictures that come in one heap are split into those for training and those for validation.
public enum ValidationSplit: Sendable, Equatable {
    /// This share of each class, above 0 and below 1, chosen by a seed and the names of the files. The
    /// same files come out every time, whatever order they are listed in, and a new picture changes the
    /// place of few others.
    case share(Double, seed: UInt64)
    /// These files, as paths from the folder on: a run's own list.
    case listed([String])
    /// All pictures are in both splits: for evaluation alone.
    case all

    /// A fifth.
    public static let standardShare = 0.2
}

/// Which pictures of a folder are for training and which for validation, as paths from the folder on.
public struct SplitList: Sendable, Equatable, Codable {
    /// In the order of the splits.
    public let training, validation: [String]
}

extension ValidationSplit {
    /// Splits the pictures of `folder`.
    ///
    /// - Throws: ``DatasetError/unusable`` if listed files are missing.
    func split(
        _ images: ImageSplit, classNames: [String], in folder: String
    ) throws(DatasetError) -> (training: ImageSplit, validation: ImageSplit) {
        guard case .files(let paths) = images.images else {
            preconditionFailure("pictures in memory are not split by their names")
        }
        if self == .all { return (images, images) }
        let names = paths.map { ByteString(Self.relative($0, to: folder)) }
        let isHeld =
            switch self {
            case .share(let share, let seed): Self.held(names, images.labels, share, seed)
            case .listed(let list): try Self.listed(list, names, in: folder)
            case .all: names.map { _ in true }
            }
        func part(_ wanted: Bool) -> ImageSplit {
            let kept = names.indices.filter { isHeld[$0] == wanted }
            return ImageSplit(
                files: kept.map { paths[$0] }, labels: kept.map { images.labels[$0] })
        }
        return (part(false), part(true))
    }

    /// Of each class the share, rounded, whose names come first in an order that the seed makes. A
    /// class of one picture keeps it for training.
    private static func held(
        _ names: [ByteString], _ labels: [Int32], _ share: Double, _ seed: UInt64
    ) -> [Bool] {
        var isHeld = [Bool](repeating: false, count: names.count)
        let places = Dictionary(grouping: names.indices) { labels[$0] }
        for members in places.values where members.count > 1 {
            let count = Int((share * Double(members.count)).rounded())
            let keys = members.map { place in
                RandomSource(seed: seed, stream: "validation split of \(names[place].text)").bits(0)
            }
            let order = members.indices.sorted {
                (keys[$0], names[members[$0]]) < (keys[$1], names[members[$1]])
            }
            for index in order.prefix(min(max(1, count), members.count - 1)) {
                isHeld[members[index]] = true
            }
        }
        return isHeld
    }

    private static func listed(
        _ listing: [String], _ names: [ByteString], in folder: String
    ) throws(DatasetError) -> [Bool] {
        let wanted = Set(listing.map(ByteString.init))
        let missing = wanted.subtracting(names)
        guard missing.isEmpty else {
            throw .unusable(
                path: folder,
                reason: "\(missing.count) of the run's \(wanted.count) validation pictures are "
                    + "missing: \(list(missing.sorted().map(\.text), upTo: 3))",
                advice: "Put them back, or name other data with --dataset.")
        }
        return names.map(wanted.contains)
    }

    static func relative(_ path: String, to folder: String) -> String {
        let prefix = folder.withoutEndingSlashes + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}

extension ImageDataset {
    /// Which pictures are in which split; nil unless they came in one heap.
    public var splitList: SplitList? {
        guard isSplitHere, case .files(let training) = train.images,
            case .files(let validation) = test.images
        else { return nil }
        func relative(_ paths: [String]) -> [String] {
            paths.map { ValidationSplit.relative($0, to: folder) }
        }
        return SplitList(training: relative(training), validation: relative(validation))
    }
}
