import FileFormats
import OpenCLBackend
import Runs
import Suggestions

/// The environment variables whose values can be wrong. An empty one is as if it were not set.
enum EnvironmentCheck {
    /// Throws ``ConfigurationError`` naming the first variable with a value that cannot be meant.
    static func run(_ variables: [String: String] = Environment.variables)
        throws(ConfigurationError)
    {
        let modes = BackendOptions.Tuning.allCases.map(\.rawValue)
        if let value = variables["LLS_TUNING"], !modes.map(plainName).contains(plainName(value)) {
            let guess = nearest(to: value, among: modes).map { " ('\($0)'?)" } ?? ""
            throw wrong("LLS_TUNING", value, "auto, cached or off" + guess)
        }
        for limit in ["MEMORY", "LOCAL_MEMORY", "SLAB"] {
            let name = "LLS_OPENCL_\(limit)_LIMIT"
            guard let value = variables[name], Int(value).map({ $0 > 0 }) != true else { continue }
            throw wrong(name, value, "a whole number of at least 1")
        }
        if let value = variables[GroupLimits.variable] {
            do { _ = try GroupLimits(device: .max, value) } catch {
                throw wrong(GroupLimits.variable, value, error.expected)
            }
        }
        if let value = variables[DeviceTimeout.variable], DeviceTimeout.seconds(value) == nil {
            throw wrong(DeviceTimeout.variable, value, "seconds, from 1 to 1000000")
        }
        if let value = variables["LLS_MIRROR"] {
            let address = value.lowercased()
            guard address.hasPrefix("http://") || address.hasPrefix("https://") else {
                throw wrong("LLS_MIRROR", value, "an address that begins with http:// or https://")
            }
        }
    }

    private static func wrong(_ name: String, _ value: String, _ allowed: String)
        -> ConfigurationError
    {
        ConfigurationError(
            reason: "invalid value '\(value.legible)' of the environment variable \(name)\n"
                + "Set it to \(allowed), or unset it.")
    }
}
