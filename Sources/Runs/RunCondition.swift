import Foundation
import Suggestions

/// A condition that runs are chosen by: `rule=LLS`, `lr<0.01`.
public struct RunCondition: Sendable, Equatable {
    public enum Comparison: String, Sendable, CaseIterable {
        case notEqual = "!="
        case atMost = "<="
        case atLeast = ">="
        case equal = "="
        case below = "<"
        case above = ">"
    }

    public let key: String
    public let comparison: Comparison
    public let value: String

    /// Throws ``RunConditionError`` unless the text is a known key, a comparison and a value.
    public init(_ text: String) throws(RunConditionError) {
        guard let match = text.wholeMatch(of: /([^=<>!]+)(!=|<=|>=|=|<|>)(.*)/),
            let comparison = Comparison(rawValue: String(match.2))
        else {
            throw RunConditionError(
                reason: "'\(text)' is no condition: write KEY=VALUE, or !=, <, >, <=, >= for =")
        }
        key = try Self.key(match.1.trimmingCharacters(in: .whitespaces))
        self.comparison = comparison
        value = match.3.trimmingCharacters(in: .whitespaces)
    }

    /// The key that a user named; throws ``RunConditionError`` with the nearest one.
    public static func key(_ name: String) throws(RunConditionError) -> String {
        if let key = RunSummary.keys.first(where: { plainName($0) == plainName(name) }) {
            return key
        }
        let guess = nearest(to: name, among: RunSummary.keys)
        throw RunConditionError(
            reason: "unknown key '\(name)'" + (guess.map { ". Did you mean '\($0)'?" } ?? ""))
    }

    /// Numbers are compared as such, everything else as text without regard to case, `-` and `_`. A run that
    /// has no value is chosen by `!=` alone.
    public func holds(for run: RunSummary) -> Bool {
        guard let found = run.value(of: key) else { return comparison == .notEqual }
        let order = Self.compare(found, value)
        return switch comparison {
        case .equal: order == .orderedSame
        case .notEqual: order != .orderedSame
        case .below: order == .orderedAscending
        case .above: order == .orderedDescending
        case .atMost: order == .orderedSame || order == .orderedAscending
        case .atLeast: order == .orderedSame || order == .orderedDescending
        }
    }

    /// Nil if one of them is not a number and the other is NaN, which no comparison holds for.
    static func compare(_ left: String, _ right: String) -> ComparisonResult? {
        if let left = Double(left), let right = Double(right) {
            if left == right { return .orderedSame }
            return left < right ? .orderedAscending : left > right ? .orderedDescending : nil
        }
        let (left, right) = (plainName(left), plainName(right))
        return left == right ? .orderedSame : left < right ? .orderedAscending : .orderedDescending
    }
}

extension [RunSummary] {
    /// By the value of a key, the smallest first; runs without one come first, equal ones stay in order.
    public func sorted(by key: String) -> [RunSummary] {
        let keyed = map { (run: $0, value: $0.value(of: key)) }
        return keyed.enumerated().sorted { left, right in
            guard let first = left.element.value, let second = right.element.value else {
                let (a, b) = (left.element.value != nil, right.element.value != nil)
                return a == b ? left.offset < right.offset : b
            }
            let order = RunCondition.compare(first, second)
            return order == .orderedAscending
                || order != .orderedDescending && left.offset < right.offset
        }.map(\.element.run)
    }
}

/// A condition that cannot be understood.
public struct RunConditionError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }
}
