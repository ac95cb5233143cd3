/// What is said of an entry of a catalog wherever the catalog is listed.
public protocol Described {
    /// What it is, in some words without a full stop; empty if nothing is said.
    var summary: String { get }
    /// Who published it, and where; empty if nothing is said.
    var source: String { get }
}

extension Described {
    public var summary: String { "" }
    public var source: String { "" }
}

/// Works that several entries come from.
enum Publication {
    static let lls = "Apolinario et al. 2024, arXiv 2405.15868"
    /// A table of the same, by its number.
    static func lls(table: Int) -> String { "\(lls), table \(table)" }
    /// Only in the program that the authors published.
    static let llsCode = "the published code of arXiv 2405.15868"
    static let scheduleFree = "Defazio et al. 2024, arXiv 2405.15682"
    static let ours = "our own"
}
