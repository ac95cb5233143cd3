/// How many work-items a group may have: on the whole device, and in single kernels, which may allow
/// fewer if they need many registers.
///
/// `LLS_OPENCL_GROUP_LIMIT` makes the limits smaller than they are, to try how such a device
/// behaves. Its entries are separated by commas: `64` limits the device, `kernel=64` every kernel,
/// and `convolve=64` the kernel of that name.
package struct GroupLimits: Sendable {
    /// The limit of the device.
    package private(set) var device: Int
    private var everyKernel = Int.max
    private var kernels: [String: Int] = [:]

    /// The environment variable that makes them smaller.
    package static let variable = "LLS_OPENCL_GROUP_LIMIT"

    /// - Parameters:
    ///   - device: the limit that the driver states.
    ///   - text: the value of ``variable``.
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

    /// The limit of kernel `name`, as far as it is known before the kernel is compiled.
    func kernel(_ name: String) -> Int { min(device, everyKernel, kernels[name] ?? .max) }
}

/// An environment variable has an invalid value.
public struct EnvironmentVariableError: Error, CustomStringConvertible {
    /// The variable's name, and its text.
    public let variable, value: String
    /// A description of valid values.
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
