import FileFormats
import Foundation
import Runs

/// Where a server of MLflow's is, and who may write there.
public struct MLflowServer: Sendable {
    /// `http://host:5000/prefix`: without credentials, and without a slash at its end.
    public let address: String
    package let authorization: Authorization?

    package enum Authorization: Equatable, Sendable {
        case password(user: String, password: String)
        case token(String)
    }

    /// MLflow's own environment variable for a server's address.
    public static let addressVariable = "MLFLOW_TRACKING_URI"
    private static let greatestLength = 2048

    /// A server that the user named: credentials are those in the address, or in `MLFLOW_TRACKING_USERNAME`
    /// and `MLFLOW_TRACKING_PASSWORD`, or in `MLFLOW_TRACKING_TOKEN`.
    ///
    /// Throws ``ConfigurationError`` unless it is an address of HTTP.
    public init(
        named text: String, environment: [String: String] = Environment.variables
    ) throws(ConfigurationError) {
        let parts = try Self.parts(text)
        address = parts.address
        if let given = parts.authorization {
            authorization = given
        } else if let user = environment["MLFLOW_TRACKING_USERNAME"] {
            authorization = .password(
                user: user, password: environment["MLFLOW_TRACKING_PASSWORD"] ?? "")
        } else {
            authorization = environment["MLFLOW_TRACKING_TOKEN"].map { .token($0) }
        }
    }

    /// A server that a file names. It gets the credentials of the environment only if the environment names
    /// it too: a run's folder may come from anybody.
    ///
    /// Throws ``ConfigurationError`` unless it is an address of HTTP without credentials.
    package init(
        recorded text: String, environment: [String: String] = Environment.variables
    ) throws(ConfigurationError) {
        let parts = try Self.parts(text)
        guard parts.authorization == nil, parts.address == text else {
            throw Self.error(text, "it is not as lls writes one")
        }
        if let named = environment[Self.addressVariable],
            let server = try? MLflowServer(named: named, environment: environment),
            server.address == parts.address
        {
            self = server
        } else {
            address = parts.address
            authorization = nil
        }
    }

    /// The address without user name and password, whatever else is wrong with it.
    static func redacted(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        guard start <= at else { return text }
        return String(text[..<start]) + String(text[text.index(after: at)...])
    }

    // MARK: - Reading an address

    private static func error(_ text: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(
            key: "track",
            reason: "invalid address '\(redacted(text).legible)' of an MLflow server: \(reason)")
    }

    private static func parts(
        _ text: String
    ) throws(ConfigurationError) -> (address: String, authorization: Authorization?) {
        guard text.utf8.count <= greatestLength else {
            throw error(text, "it is longer than \(greatestLength) bytes")
        }
        guard let separator = text.firstRange(of: "://"),
            case let scheme = text[..<separator.lowerBound].lowercased(),
            scheme == "http" || scheme == "https"
        else { throw error(text, "it must begin with http:// or https://") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw error(text, "it has a space, or a character that is not ASCII")
        }
        let rest = text[separator.upperBound...]
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw error(text, "it must not contain '?' or '#'")
        }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<end]
        let path = String(rest[end...])
        let at = authority.lastIndex(of: "@")
        let place = at.map { authority[authority.index(after: $0)...] } ?? authority
        try checkPlace(place, of: text)
        let authorization = try at.map { index throws(ConfigurationError) in
            try password(authority[..<index], of: text)
        }
        let trimmed = path.allSatisfy { $0 == "/" } ? "" : path.withoutEndingSlashes
        return (scheme + "://" + place.lowercased() + trimmed, authorization)
    }

    /// Checks `host`, `host:port` or `[::1]:port`.
    private static func checkPlace(
        _ place: Substring, of text: String
    ) throws(ConfigurationError) {
        var host = place
        var port: Substring?
        if place.hasPrefix("["), let bracket = place.firstIndex(of: "]") {
            host = place[place.index(after: place.startIndex)..<bracket]
            let rest = place[place.index(after: bracket)...]
            guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }),
                rest.isEmpty || rest.hasPrefix(":")
            else { throw error(text, "its host is none") }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            if let colon = place.firstIndex(of: ":") {
                host = place[..<colon]
                port = place[place.index(after: colon)...]
            }
            guard host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else {
                throw error(text, "its host is none")
            }
        }
        guard !host.isEmpty else { throw error(text, "it has no host") }
        if let port, !(Int(port).map { (1...65_535).contains($0) } ?? false) {
            throw error(text, "its port is not a number from 1 to 65535")
        }
    }

    /// Reads `user:password`, in which `%40` is an `@`.
    private static func password(
        _ text: Substring, of address: String
    ) throws(ConfigurationError) -> Authorization {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let plain = parts.map { String($0).removingPercentEncoding }
        guard let user = plain.first ?? nil, !user.isEmpty,
            let password = plain.count > 1 ? plain[1] : ""
        else { throw error(address, "its user name or password is no URL text") }
        return .password(user: user, password: password)
    }
}
