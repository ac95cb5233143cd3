import FileFormats
import Foundation
import OpenCLBackend

/// Ends the program if the driver of a device no longer answers.
enum DeviceTimeout {
    /// Holds the seconds after which a call into OpenCL is given up.
    static let variable = "LLS_OPENCL_TIMEOUT"
    private static let usualSeconds = 600

    /// The seconds that `text` names; nil if it names none.
    static func seconds(_ text: String) -> Int? {
        Int(text).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
    }

    static func start() {
        let seconds = Environment.variables[variable].flatMap(seconds) ?? usualSeconds
        DeviceWatchdog.start(limit: Double(seconds)) { function in
            let status = ExitStatus.deviceUnavailable.rawValue
            Console.error(
                """
                OpenCL: \(function) has not returned for \(seconds) s: the device hangs or was lost
                The last checkpoint of a run is sound: go on with --resume. If the device is only slow, \
                set \(variable) to more seconds.
                """, status: status)
            // What ends in order would wait for the device.
            _exit(status)
        }
    }
}
