import FileFormats

/// A data set that is not known, or not on this computer.
public enum DatasetError: CategorizedError, Equatable {
    /// No data set has this name; the nearest one, if any is near.
    case unknown(name: String, nearest: String?, known: [String])
    /// None of the folders holds a data set whole; `needed` are the ways in which it may lie there.
    case missing(name: String, folders: [String], needed: [[String]], advice: String)

    public var category: ErrorCategory {
        switch self {
        case .unknown: .usage
        case .missing: .missingInput
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
        }
    }
}
