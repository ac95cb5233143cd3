import COpenCL
import Synchronization

/// Calls into OpenCL by one owner, which is one thread at a time.
///
/// Every call goes through it: ``DeviceWatchdog`` sees the calls that do not return, and tests can make any
/// call fail. After a call said that the device was lost, nothing is released any more, since drivers are
/// known to hang then.
final class OpenCLCalls: Sendable {
    let library: OpenCLLibrary
    private let lost = Atomic(false)
    /// Calls begun and ended so far, so odd during a call.
    private let count = Atomic<UInt>(0)
    /// The address of the name of the last function called.
    private let last = Atomic<UInt>(0)

    init(_ library: OpenCLLibrary) {
        self.library = library
        DeviceWatchdog.watch(self)
    }

    /// The number and the function of the call that is being made; nil if there is none.
    var current: (number: UInt, function: String)? {
        let number = count.load(ordering: .acquiring)
        guard number % 2 == 1,
            let name = UnsafePointer<CChar>(bitPattern: last.load(ordering: .acquiring))
        else { return nil }
        return (number, String(cString: name))
    }

    /// Calls `function`, and answers with its status.
    func status(
        of function: StaticString, _ body: (borrowing OpenCLFunctions) -> cl_int
    ) -> cl_int {
        last.store(UInt(bitPattern: function.utf8Start), ordering: .releasing)
        count.wrappingAdd(1, ordering: .releasing)
        defer { count.wrappingAdd(1, ordering: .releasing) }
        let status = library.fault?("\(function)") ?? body(library.functions)
        if OpenCLError.lostDevice.contains(status) { lost.store(true, ordering: .relaxed) }
        return status
    }

    /// Calls `function`, and throws ``OpenCLError`` unless it succeeds.
    ///
    /// - Parameter purpose: what the call is for, to follow the function's name in a message.
    func check(
        _ function: StaticString, _ purpose: @autoclosure () -> String = "",
        _ body: (borrowing OpenCLFunctions) -> cl_int
    ) throws {
        let status = status(of: function, body)
        guard status == CL_SUCCESS else {
            throw OpenCLError(code: status, call: OpenCLError.call(function, purpose()))
        }
    }

    /// Calls `function`, which makes an object, and throws ``OpenCLError`` if it makes none.
    func make<Object>(
        _ function: StaticString, _ purpose: @autoclosure () -> String = "",
        _ body: (borrowing OpenCLFunctions, UnsafeMutablePointer<cl_int>) -> Object?
    ) throws -> Object {
        var object: Object?
        let status = status(of: function) { functions in
            var status: cl_int = 0
            object = body(functions, &status)
            return status
        }
        guard let object, status == CL_SUCCESS else {
            throw OpenCLError(code: status, call: OpenCLError.call(function, purpose()))
        }
        return object
    }

    /// Calls `function`, which waits for an owner's last work or gives an object back. A failure changes
    /// nothing for the caller. After the device was lost nothing is called.
    ///
    /// - Returns: whether the call was made and succeeded.
    @discardableResult
    func release(
        _ function: StaticString, _ body: (borrowing OpenCLFunctions) -> cl_int
    ) -> Bool {
        !lost.load(ordering: .relaxed) && status(of: function, body) == CL_SUCCESS
    }
}

extension OpenCLError {
    /// What drivers answer when the device was lost.
    static let lostDevice: Set<Int32> = [
        CL_DEVICE_NOT_AVAILABLE, CL_OUT_OF_RESOURCES, CL_INVALID_COMMAND_QUEUE,
        CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, -9999,
    ]

    static func call(_ function: StaticString, _ purpose: String) -> String {
        purpose.isEmpty ? "\(function)" : "\(function) \(purpose)"
    }
}
