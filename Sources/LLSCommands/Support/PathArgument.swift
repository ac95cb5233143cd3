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
