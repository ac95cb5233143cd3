import COpenCL

/// One launch of a kernel, as the device timed it.
public struct KernelSpan: Sendable {
    /// The kernel's name.
    public let name: String
    /// Seconds since the first launch began, and how many of them it lasted.
    public let start, seconds: Double
}

/// Device times of launches. Costs an event per launch.
final class Profiler {
    /// A long run would fill the memory: later launches are not timed.
    private static let maxLaunches = 1 << 18

    private let calls: OpenCLCalls
    private var pending: [(name: String, event: cl_event)] = []
    private var settled: [(name: String, start: cl_ulong, end: cl_ulong)] = []

    init(_ calls: OpenCLCalls) { self.calls = calls }

    var isFull: Bool { pending.count + settled.count >= Self.maxLaunches }

    /// Takes ownership of `event`.
    func record(_ name: String, _ event: cl_event) throws {
        pending.append((name, event))
        // Events are the driver's memory: never too many at once.
        if pending.count >= 4096 { try settle() }
    }

    /// All launches so far, in order. Waits for the launches under way.
    func spans() throws -> [KernelSpan] {
        try settle()
        let origin = settled.map(\.start).min() ?? 0
        return settled.map { name, start, end in
            KernelSpan(
                name: name, start: Double(start - origin) * 1e-9,
                seconds: Double(end &- start) * 1e-9)
        }
    }

    /// Forgets all launches so far. Waits for the launches under way.
    func reset() throws {
        try settle()
        settled.removeAll(keepingCapacity: true)
    }

    private func settle() throws {
        defer {
            forget()
            pending.removeAll(keepingCapacity: true)
        }
        for (name, event) in pending {
            var handle: cl_event? = event
            try calls.check("clWaitForEvents", "of \(name)") { $0.clWaitForEvents(1, &handle) }
            settled.append(
                (
                    name, try time(event, CL_PROFILING_COMMAND_START),
                    try time(event, CL_PROFILING_COMMAND_END)
                ))
        }
    }

    private func time(_ event: cl_event, _ parameter: Int32) throws -> cl_ulong {
        var value: cl_ulong = 0
        try calls.check("clGetEventProfilingInfo") {
            $0.clGetEventProfilingInfo(
                event, cl_profiling_info(parameter), MemoryLayout<cl_ulong>.size, &value, nil)
        }
        return value
    }

    private func forget() {
        for (_, event) in pending { calls.release("clReleaseEvent") { $0.clReleaseEvent(event) } }
    }

    deinit { forget() }
}
