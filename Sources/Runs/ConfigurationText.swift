import FileFormats
import Foundation

extension RunConfiguration {
    /// The format and every value, one on a line; reading it gives this configuration again, to the
    /// last bit.
    public var yaml: String {
        let values = values
        return "format: \(Self.format)\n"
            + CodingKeys.allCases.map { key in
                "\(key.rawValue): \(values[key]?.yaml ?? "null")\n"
            }.joined()
    }

    /// The text of every value that is set, as flags of the command line take it; lists are left out.
    package var texts: [CodingKeys: String] { values.compactMapValues(\.text) }

    /// Every value that is set.
    ///
    /// Through JSON, whose numbers come back exactly; Yams keeps 15 digits.
    package var values: [CodingKeys: ConfigurationValue] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(self),
            let values = try? JSONDecoder().decode([String: ConfigurationValue].self, from: data)
        else { preconditionFailure("\(self) has a value that JSON cannot hold") }
        return Dictionary(
            uniqueKeysWithValues: CodingKeys.allCases.compactMap { key in
                values[key.rawValue].map { (key, $0) }
            })
    }
}

/// A value of a configuration and its YAML text.
package enum ConfigurationValue: Codable, Sendable {
    case flag(Bool)
    case natural(UInt64)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([ConfigurationValue])
    case null

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .natural(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else {
            self = .list(try container.decode([ConfigurationValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let value): try container.encode(value)
        case .natural(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .null: try container.encodeNil()
        }
    }

    var yaml: String {
        switch self {
        case .text(let value): quoted(value)
        case .list(let values): "[\(values.map(\.yaml).joined(separator: ", "))]"
        default: text ?? "null"
        }
    }

    /// Without quotes; nil for a list and for no value.
    var text: String? {
        switch self {
        case .flag(let value): "\(value)"
        case .natural(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): value
        case .list, .null: nil
        }
    }

    /// Bare where that is plainly a string, else between double quotes.
    private func quoted(_ text: String) -> String {
        let isName = text.wholeMatch(of: /[A-Za-z\/][A-Za-z0-9_\/.\-]*/) != nil
        let isWord = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"]
            .contains(text.lowercased())
        if isName && !isWord { return text }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\u{20}"..<"\u{7F}": String(scalar)
            default: "\\U" + String(format: "%08x", scalar.value)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
