import ArgumentParser
import FileFormats

/// A path on the command line, for `transform:`; a leading `~` is expanded, which no shell does
/// behind `=`.
///
/// - Throws: `ValidationError` if it is empty: that is not the current folder, and joined with a name
///   it would be the root folder.
func pathArgument(_ text: String) throws -> String {
    guard !text.isEmpty else { throw ValidationError("a path must not be empty") }
    return text.expandingHome()
}

/// The name of a data set, in which the path of `folder:PATH` is treated as any other.
func datasetArgument(_ text: String) throws -> String {
    let prefix = "folder:"
    guard text.utf8.starts(with: prefix.utf8) else { return text }
    return prefix + (try pathArgument(String(text.unicodeScalars.dropFirst(prefix.count))))
}
