import COpenCL
import Tensors

/// A call into OpenCL that failed.
public struct OpenCLError: Error, Sendable, CustomStringConvertible {
    /// The driver's status.
    public let code: Int32
    /// The function that was called, with its purpose.
    public let call: String

    /// The status' name in the OpenCL headers.
    public var name: String { statusNames[code] ?? "status \(code)" }

    public var description: String {
        let advice = statusAdvice[code].map { ": \($0)" } ?? ""
        return "OpenCL: \(call) failed with \(name) (\(code))\(advice)"
    }
}

/// A device has no room for a request.
public struct OutOfDeviceMemoryError: MemoryShortage, Sendable {
    /// Bytes requested; nil if the driver ran out of memory during a command.
    public let requested: Int?
    /// Bytes this backend held already.
    public let held: Int
    /// The largest single allocation and the whole memory of the device, in bytes.
    public let maxAllocation, globalMemory: Int
    /// The device's name.
    public let device: String
    /// What the driver said; nil if it was not asked.
    public let cause: OpenCLError?

    public var description: String {
        let request =
            requested.map { "cannot allocate \(readableBytes($0))" }
            ?? "a command needs more memory"
        return """
            out of memory on \(device): \(request) (\(readableBytes(held)) in use); the device has \
            \(readableBytes(globalMemory)) and allows \(readableBytes(maxAllocation)) in one allocation
            \(cause.map { "\($0); " } ?? "")use a smaller batch or model
            """
    }

    public var bytesNeeded: Int? { requested.map { $0.saturatingAdding(held) } }
}

/// The device's compiler rejected a kernel.
public struct KernelBuildError: Error, Sendable, CustomStringConvertible {
    /// The driver's status.
    public let code: Int32
    /// The kernel file without its ending, the compiler's options and the device's name.
    public let source, options, device: String
    /// The compiler's output.
    public let log: String

    public var description: String {
        // Compilers print many lines; the first one that names an error explains the rest.
        let lines = log.split(separator: "\n")
        let first = lines.first { $0.contains("error") } ?? lines.first ?? "nothing"
        return """
            cannot build \(source).cl for \(device) with options "\(options)"
            \(OpenCLError(code: code, call: "clBuildProgram")); the compiler says: \(first.prefix(300))
            Update the device's OpenCL driver, or choose another device.
            """
    }
}

extension OpenCLError {
    /// Whether the driver says that memory is short.
    var isOutOfMemory: Bool {
        [CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY]
            .contains(code)
    }
}

private let statusAdvice: [Int32: String] = [
    CL_DEVICE_NOT_AVAILABLE: "the device is busy or was lost; try again or restart its driver",
    CL_OUT_OF_RESOURCES: "the device was lost, or a kernel asked too much of it",
    CL_OUT_OF_HOST_MEMORY: "the machine's memory is used up",
    CL_MEM_OBJECT_ALLOCATION_FAILURE: "the device's memory is used up; use a smaller batch",
    CL_COMPILER_NOT_AVAILABLE: "this driver cannot compile kernels; install the full one",
    CL_INVALID_COMMAND_QUEUE: "the device was lost; restart the program or its driver",
    CL_INVALID_WORK_GROUP_SIZE: "the device allows fewer work-items per group",
    -1001: "no OpenCL platform is installed; install a driver, PoCL for a processor",
    -9999: "the device was lost, or a kernel touched memory outside its buffers",
]

private let statusNames: [Int32: String] = [
    CL_DEVICE_NOT_FOUND: "CL_DEVICE_NOT_FOUND",
    CL_DEVICE_NOT_AVAILABLE: "CL_DEVICE_NOT_AVAILABLE",
    CL_COMPILER_NOT_AVAILABLE: "CL_COMPILER_NOT_AVAILABLE",
    CL_MEM_OBJECT_ALLOCATION_FAILURE: "CL_MEM_OBJECT_ALLOCATION_FAILURE",
    CL_OUT_OF_RESOURCES: "CL_OUT_OF_RESOURCES",
    CL_OUT_OF_HOST_MEMORY: "CL_OUT_OF_HOST_MEMORY",
    CL_PROFILING_INFO_NOT_AVAILABLE: "CL_PROFILING_INFO_NOT_AVAILABLE",
    CL_MEM_COPY_OVERLAP: "CL_MEM_COPY_OVERLAP",
    CL_BUILD_PROGRAM_FAILURE: "CL_BUILD_PROGRAM_FAILURE",
    CL_MISALIGNED_SUB_BUFFER_OFFSET: "CL_MISALIGNED_SUB_BUFFER_OFFSET",
    CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST: "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
    CL_INVALID_VALUE: "CL_INVALID_VALUE",
    CL_INVALID_DEVICE: "CL_INVALID_DEVICE",
    CL_INVALID_CONTEXT: "CL_INVALID_CONTEXT",
    CL_INVALID_QUEUE_PROPERTIES: "CL_INVALID_QUEUE_PROPERTIES",
    CL_INVALID_COMMAND_QUEUE: "CL_INVALID_COMMAND_QUEUE",
    CL_INVALID_MEM_OBJECT: "CL_INVALID_MEM_OBJECT",
    CL_INVALID_BUILD_OPTIONS: "CL_INVALID_BUILD_OPTIONS",
    CL_INVALID_PROGRAM: "CL_INVALID_PROGRAM",
    CL_INVALID_PROGRAM_EXECUTABLE: "CL_INVALID_PROGRAM_EXECUTABLE",
    CL_INVALID_KERNEL_NAME: "CL_INVALID_KERNEL_NAME",
    CL_INVALID_KERNEL: "CL_INVALID_KERNEL",
    CL_INVALID_ARG_INDEX: "CL_INVALID_ARG_INDEX",
    CL_INVALID_ARG_VALUE: "CL_INVALID_ARG_VALUE",
    CL_INVALID_ARG_SIZE: "CL_INVALID_ARG_SIZE",
    CL_INVALID_KERNEL_ARGS: "CL_INVALID_KERNEL_ARGS",
    CL_INVALID_WORK_DIMENSION: "CL_INVALID_WORK_DIMENSION",
    CL_INVALID_WORK_GROUP_SIZE: "CL_INVALID_WORK_GROUP_SIZE",
    CL_INVALID_WORK_ITEM_SIZE: "CL_INVALID_WORK_ITEM_SIZE",
    CL_INVALID_EVENT: "CL_INVALID_EVENT",
    CL_INVALID_BUFFER_SIZE: "CL_INVALID_BUFFER_SIZE",
    CL_INVALID_GLOBAL_WORK_SIZE: "CL_INVALID_GLOBAL_WORK_SIZE",
    -1001: "CL_PLATFORM_NOT_FOUND_KHR",
]
