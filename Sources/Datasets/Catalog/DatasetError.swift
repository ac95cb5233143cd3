import FileFormats

/// A data set that is not known, not on this computer, or not laid out as it should be.
public enum DatasetError: CategorizedError, Equatable {
    /// What names the only folder to search.
    public enum Place: Sendable {
        /// The caller.
        case argument
        /// The environment variable `LLS_DATA`.
        case environment
    }

    /// No data set has this name; the nearest one, if any is near.
    case unknown(name: String, nearest: String?, known: [String])
    /// None of the folders holds a data set whole; `needed` are the ways in which it may lie there,
    /// and `place` is what named the only place to look in, if anything did.
    case missing(
        name: String, place: Place?, folders: [String], needed: [[String]], advice: String?)
    /// Both `folder:PATH` and a folder of data sets are given.
    case placeNamedTwice(name: String, dataDirectory: String)
    /// A file or folder of a data set that is there, and of no use as it is.
    case unusable(path: String, reason: String, advice: String)

    /// Usage, a missing input, or malformed data.
    public var category: ErrorCategory {
        switch self {
        case .unknown, .placeNamedTwice: .usage
        case .missing: .missingInput
        case .unusable: .malformedData
        }
    }

    public var description: String {
        switch self {
        case .unknown(let name, let nearest, let known):
            let guess = nearest.map { "Did you mean '\($0.legible)'? " } ?? ""
            return "unknown data set '\(name.legible)'.\n\(guess)Known: "
                + known.joined(separator: ", ") + "."
        case .missing(let name, let place, let folders, let needed, let advice):
            let ways = needed.map { $0.joined(separator: ", ") }.joined(separator: ", or ")
            let only =
                switch place {
                case .argument: ", and nowhere else, because that folder was named"
                case .environment: ", and nowhere else, because $LLS_DATA names that folder"
                case nil: ""
                }
            return [
                "\(name.legible) was not found: no folder holds \(ways).",
                "Searched \(folders.joined(separator: ", "))\(only).", advice,
            ].compactMap { $0 }.joined(separator: "\n")
        case .placeNamedTwice(let name, let dataDirectory):
            let path = String(name.drop { $0 != ":" }.dropFirst())
            let whole =
                path.isAbsolutePath ? dataDirectory : dataDirectory.appending(pathPart: path)
            return """
                \(name.legible) names a folder, and so does the data folder \
                \(dataDirectory.legible).
                Name one of them, or the whole path: folder:\(whole.legible).
                """
        case .unusable(let path, let reason, let advice):
            return "\(path.legible): \(reason).\n\(advice)"
        }
    }
}
