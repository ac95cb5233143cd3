import ArgumentParser
import FileFormats
import Suggestions

/// The entry of a catalogue that a user named: case, `-` and `_` do not count.
///
/// - Throws: `ValidationError` with the nearest name and all there are.
func lookUp<Entry>(
    _ name: String, among entries: [Entry], called kind: String, by key: (Entry) -> String
) throws -> Entry {
    if let found = entries.first(where: { plainName(key($0)) == plainName(name) }) { return found }
    let names = entries.map(key)
    let guess = nearest(to: name, among: names).map { " Did you mean '\($0)'?" } ?? ""
    throw ValidationError(
        "unknown \(kind) '\(name.legible)'.\(guess)\nKnown: \(names.joined(separator: ", "))")
}
