import Foundation

/// The environment and the command line, read once. An empty variable is as if it were not set, and bytes that are not
/// UTF-8 are carried as in paths.
public enum Environment {
    public static let variables: [String: String] = {
        var found: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(pathAt: entry)
            if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let name = String(Substring(text.utf8[..<equals]))
                let value = String(Substring(text.utf8[text.utf8.index(after: equals)...]))
                if !name.isEmpty, !value.isEmpty, found[name] == nil { found[name] = value }
            }
            next += 1
        }
        return found
    }()

    /// The command line, the program's name first.
    public static let arguments: [String] = {
        var found: [String] = []
        var next = CommandLine.unsafeArgv
        while let argument = next.pointee {
            found.append(String(pathAt: argument))
            next += 1
        }
        return found
    }()

    /// The path in a variable, with a leading `~` expanded; nil if it is not set or empty.
    public static func path(
        _ name: String, in variables: [String: String] = Environment.variables
    ) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value.expandingHome(variables)
    }

    /// The user's home: `$HOME`, or what the system's list of users says.
    public static func home(
        in variables: [String: String] = Environment.variables
    ) -> String? {
        if let home = variables["HOME"], !home.isEmpty { return home }
        return homeOfUser(nil)
    }

    fileprivate static func homeOfUser(_ name: String?) -> String? {
        var entry = passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 1 << 14)
        let status =
            if let name {
                name.withPathBytes { getpwnam_r($0, &entry, &buffer, buffer.count, &result) }
            } else {
                getpwuid_r(getuid(), &entry, &buffer, buffer.count, &result)
            }
        guard status == 0, result != nil, let home = entry.pw_dir, home.pointee != 0 else {
            return nil
        }
        return String(pathAt: home)
    }
}

extension String {
    /// This path with a leading `~` or `~user` replaced by that home, as a shell does it for a word
    /// of its own: behind `=` or `folder:` the shell leaves it to us. A user that is not known stays,
    /// as in a shell.
    public func expandingHome(
        _ variables: [String: String] = Environment.variables
    ) -> String {
        guard utf8.first == UInt8(ascii: "~") else { return self }
        let end = utf8.firstIndex(of: UInt8(ascii: "/")) ?? utf8.endIndex
        let user = String(Substring(utf8[utf8.index(after: utf8.startIndex)..<end]))
        let home =
            user.isEmpty ? Environment.home(in: variables) : Environment.homeOfUser(user)
        guard let home else { return self }
        let rest = String(Substring(utf8[end...]))
        return rest.isEmpty ? home : home.withoutEndingSlashes + rest
    }
}
