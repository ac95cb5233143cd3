import FileFormats

/// A data set that is not known, not on this computer, or not laid out as it should be.
public enum DatasetError: CategorizedError, Equatable {
    /// No data set has this name; the nearest one, if any is near.
    case unknown(name: String, nearest: String?, known: [String])
    /// None of the folders holds a data set whole; `needed` are the ways in which it may lie there.
    case missing(name: String, folders: [String], needed: [[String]], advice: String)
    /// A file or folder of a data set that is there, and of no use as it is.
    case unusable(path: String, reason: String, advice: String)

    public var category: ErrorCategory {
        switch self {
        case .unknown: .usage
        case .missing: .missingInput
        case .unusable: .malformedData
        }
    }

    public var description: String {
        switch self {
        case .unknown(let name, let nearest, let known):
            let guess = nearest.map { "Did you mean '\($0)'? " } ?? ""
            return "There is no data set '\(name)'.\n\(guess)Known: "
                + known.joined(separator: ", ") + "."
        case .missing(let name, let folders, let needed, let advice):
            let ways = needed.map { $0.joined(separator: ", ") }.joined(separator: ", or ")
            return """
                \(name) is not here: no folder holds \(ways).
                Looked in \(folders.joined(separator: ", ")).
                \(advice)
                """
        case .unusable(let path, let reason, let advice):
            return "\(path): \(reason).\n\(advice)"
        }
    }
}
