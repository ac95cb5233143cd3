/// How many work-items a group may have: on the whole device, and in single kernels, of which those
/// that need many registers may have fewer.
///
/// `LLS_OPENCL_GROUP_LIMIT` makes them smaller than they are, to try what such a device would do. It
/// holds numbers separated by commas: `64` is for the device, `kernel=64` for every kernel, and
/// `convolve=64` for the kernel of that name.
package struct GroupLimits: Sendable {
    /// Of the device.
    package private(set) var device: Int
    private var everyKernel = Int.max
    private var kernels: [String: Int] = [:]

    /// The environment variable that makes them smaller.
    package static let variable = "LLS_OPENCL_GROUP_LIMIT"

    /// - Parameter device: what the device says of itself.
    package init(device: Int, _ text: String?) throws(EnvironmentVariableError) {
        self.device = device
        guard let text else { return }
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard let last = parts.last, let limit = Int(last), limit > 0, parts.count <= 2,
                parts[0].isEmpty == false
            else {
                throw EnvironmentVariableError(
                    variable: Self.variable, value: text,
                    expected: "work-items of a group, such as 64, kernel=64 or convolve=64")
            }
            switch parts.count == 2 ? String(parts[0]) : nil {
            case nil: self.device = min(device, limit)
            case "kernel": everyKernel = limit
            case let name?: kernels[name] = limit
            }
        }
    }

    /// Of kernel `name`, as far as it is known before the kernel is compiled.
    func kernel(_ name: String) -> Int { min(device, everyKernel, kernels[name] ?? .max) }
}

/// An environment variable that means nothing.
public struct EnvironmentVariableError: Error, CustomStringConvertible {
    /// The variable's name, and its text.
    public let variable, value: String
    /// What it should hold.
    public let expected: String

    public var description: String {
        "\(variable) is '\(value)'\nset it to \(expected), or unset it"
    }
}

extension EnvironmentVariableError {
    /// The number that `variable` holds, `Int.max` if it is not set.
    static func limit(_ variable: String, in environment: [String: String]) throws -> Int {
        guard let text = environment[variable] else { return .max }
        guard let limit = Int(text), limit > 0 else {
            throw EnvironmentVariableError(
                variable: variable, value: text, expected: "a number of bytes above 0")
        }
        return limit
    }
}
