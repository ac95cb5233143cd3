import COpenCL

/// What one kernel cost in total.
public struct KernelProfile: Sendable {
    public let name: String
    public var launches = 0
    /// Time on the device, in seconds.
    public var seconds = 0.0
}

/// Device times of launches, by kernel. Costs an event per launch.
final class Profiler {
    private var pending: [(name: String, event: cl_event)] = []
    private var totals: [String: KernelProfile] = [:]

    /// Takes ownership of `event`.
    func record(_ name: String, _ event: cl_event) throws {
        pending.append((name, event))
        if pending.count >= 4096 { try settle() }
    }

    /// Totals so far, the costliest first. Waits for what is under way.
    func summary() throws -> [KernelProfile] {
        try settle()
        return totals.values.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
    }

    private func settle() throws {
        defer {
            pending.forEach { clReleaseEvent($0.event) }
            pending.removeAll(keepingCapacity: true)
        }
        for (name, event) in pending {
            var handle: cl_event? = event
            try check(clWaitForEvents(1, &handle), "clWaitForEvents of \(name)")
            let start = try time(event, CL_PROFILING_COMMAND_START)
            let end = try time(event, CL_PROFILING_COMMAND_END)
            totals[name, default: KernelProfile(name: name)].launches += 1
            totals[name]?.seconds += Double(end &- start) * 1e-9
        }
    }

    private func time(_ event: cl_event, _ parameter: Int32) throws -> cl_ulong {
        var value: cl_ulong = 0
        try check(
            clGetEventProfilingInfo(
                event, cl_profiling_info(parameter), MemoryLayout<cl_ulong>.size, &value, nil),
            "clGetEventProfilingInfo")
        return value
    }

    deinit { pending.forEach { clReleaseEvent($0.event) } }
}
