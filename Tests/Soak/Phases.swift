import Foundation

/// Kills a run at random times until it is complete: what it computed is what an undisturbed run computes,
/// and no more than one interval of steps is ever done again.
func kills(_ runs: Runs, until deadline: Date) throws -> String {
    let whole = try undisturbed(runs)
    var (killed, completed, mostLost) = (0, 0, 0)
    while Date() < deadline || completed == 0 {
        let name = runs.newName("killed")
        var steps = 0
        while true {
            // A run that was killed before it had a folder or a checkpoint begins anew.
            let begun = steps > 0
            if !begun { try? FileManager.default.removeItem(atPath: runs.folder(name)) }
            let process = try runs.start(name, resumes: begun)
            usleep(UInt32(runs.chance(0.02...1) * 1e6))
            process.send(SIGKILL)
            let status = try process.end()
            let newest = try runs.newest(name)?.position.steps ?? 0
            let done = try process.stepsReported()
            guard newest >= steps else { throw Failure("step \(newest) after \(steps)") }
            // The report comes before the checkpoint after the same step.
            mostLost = max(mostLost, done - newest)
            guard done - newest <= Runs.interval else {
                throw Failure("\(name): checkpoint of step \(newest), and step \(done) was done")
            }
            steps = newest
            if status == 0 { break }
            guard status == -SIGKILL else {
                throw Failure("\(name): status \(status): \(try process.output())")
            }
            killed += 1
        }
        completed += 1
        try check(runs, name, is: whole)
    }
    return
        "\(killed) kills of \(completed) runs: no unreadable run, at most \(mostLost) steps lost "
        + "(a checkpoint every \(Runs.interval)); all weights as in an undisturbed run"
}

/// Stops a run by a signal at a random time: it ends soon, and goes on.
func signals(_ runs: Runs, until deadline: Date) throws -> String {
    let whole = try undisturbed(runs)
    var (sent, longest) = (0, 0.0)
    var statuses: [Int32: Int] = [:]
    while Date() < deadline || sent == 0 {
        let name = runs.newName("stopped")
        var steps = 0
        while true {
            if steps == 0 { try? FileManager.default.removeItem(atPath: runs.folder(name)) }
            let process = try runs.start(name, resumes: steps > 0)
            usleep(UInt32(runs.chance(0.02...1) * 1e6))
            let signal = runs.pick([SIGINT, SIGTERM, SIGHUP, SIGUSR1])
            let start = Date()
            process.send(signal)
            let status = try process.end(within: 5)
            statuses[status, default: 0] += 1
            longest = max(longest, Date().timeIntervalSince(start))
            let newest = try runs.newest(name)?.position.steps ?? 0
            guard newest >= steps else { throw Failure("step \(newest) after \(steps)") }
            if [75, 130].contains(status) {
                // Nothing that was reported may be lost.
                let done = try process.stepsReported()
                guard newest >= done else {
                    throw Failure("\(name): step \(newest) is saved of \(done)")
                }
            }
            steps = newest
            if status == 0 { break }
            let allowed: [Int32] = [signal == SIGINT ? 130 : 75, -signal]
            guard allowed.contains(status) else {
                throw Failure(
                    "\(name): signal \(signal), status \(status): \(try process.output())")
            }
            sent += 1
        }
        try check(runs, name, is: whole)
    }
    let ends = statuses.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
    return "\(sent) signals: the slowest end took \(String(format: "%.2f", longest)) s; "
        + "status \(ends.joined(separator: ", ")) (negative: by the signal, before training)"
}

/// Fills the disk at one call after the other, once and for good.
func fullDisks(_ runs: Runs, until deadline: Date) throws -> String {
    let epochs = 2
    let name = runs.newName("count")
    let counting = try runs.start(name, faults: "count", epochs: epochs)
    guard try counting.end() == 0 else { throw Failure(try counting.output()) }
    let whole = try runs.weights(name)
    let counts = try calls(counting).filter { !isOfOpenCL($0.key) }
    var faults = counts.flatMap { kind, count in
        (1...count).flatMap { ["\(kind):\($0)", "\(kind):\($0)+"] }
    }
    let all = faults.count
    var (tried, refused) = (0, 0)
    while !faults.isEmpty, Date() < deadline || tried == 0 {
        let fault = runs.pick(faults)
        faults.removeAll { $0 == fault }
        tried += 1
        let name = runs.newName("full")
        let process = try runs.start(name, faults: fault, epochs: epochs)
        let status = try process.end()
        let newest = try runs.newest(name)
        guard status == 0 else {
            guard [73, 74].contains(status), newest == nil else {
                throw Failure("\(name), \(fault): status \(status): \(try process.output())")
            }
            refused += 1
            continue
        }
        // A file may have got its name before its folder could not be flushed.
        guard newest != nil || (try? runs.weights(name)) != nil else {
            throw Failure("\(name), \(fault): nothing is saved")
        }
        if !fault.hasSuffix("+") {
            guard try runs.weights(name) == whole else {
                throw Failure("\(name), \(fault): other weights: \(try process.output())")
            }
            try runs.checkMetrics(name, epochs: epochs)
        }
        try FileManager.default.removeItem(atPath: runs.folder(name))
    }
    return "disk full at \(tried) of \(all) calls (each once, and for good): training went on "
        + "\(tried - refused) times, \(refused) ended at set-up with nothing saved"
}

/// Loses the device at a call of OpenCL: the program ends with status 69, and the run goes on later.
func lostDevices(_ runs: Runs, until deadline: Date) throws -> String {
    let name = runs.newName("count")
    let counting = try runs.start(name, faults: "count", epochs: 2, backend: "opencl")
    guard try counting.end() == 0 else { throw Failure(try counting.output()) }
    let whole = try runs.weights(name)
    let counts = try calls(counting).filter { isOfOpenCL($0.key) }
    var (tried, wentOn, unnoticed) = (0, 0, 0)
    while Date() < deadline || tried == 0 {
        let function = runs.pick(counts.keys.sorted())
        let number = Int(runs.chance(1...Double(counts[function] ?? 1)))
        let fault = "\(function):\(number)" + runs.pick(["", "+"])
        tried += 1
        let name = runs.newName("lost")
        let process = try runs.start(name, faults: fault, epochs: 2, backend: "opencl")
        let status = try process.end()
        switch status {
        case 0: unnoticed += 1
        case 69, 71:
            let output = try process.output()
            guard output.contains(function), output.contains("CL_OUT_OF_RESOURCES (-5)") else {
                throw Failure("\(name), \(fault): \(output)")
            }
            guard try runs.newest(name) != nil else { continue }
            let resumed = try runs.start(name, resumes: true)
            guard try resumed.end() == 0 else { throw Failure(try resumed.output()) }
            wentOn += 1
        default: throw Failure("\(name), \(fault): status \(status): \(try process.output())")
        }
        guard try runs.weights(name) == whole else { throw Failure("\(name), \(fault): weights") }
        try FileManager.default.removeItem(atPath: runs.folder(name))
    }
    return
        "\(tried) failed calls into OpenCL: \(tried - unnoticed) ended the program with the call and "
        + "its status, \(wentOn) of these runs had a checkpoint and went on to the same weights"
}

// MARK: -

private func isOfOpenCL(_ call: String) -> Bool { call.hasPrefix("cl") && call != "close" }

/// The weights of a run that nobody disturbs.
private func undisturbed(_ runs: Runs) throws -> [UInt8] {
    let name = runs.newName("whole")
    let process = try runs.start(name)
    guard try process.end() == 0 else { throw Failure(try process.output()) }
    try runs.checkMetrics(name, epochs: 8)
    return try runs.weights(name)
}

private func check(_ runs: Runs, _ name: String, is whole: [UInt8]) throws {
    guard try runs.weights(name) == whole else { throw Failure("\(name): other weights") }
    try runs.checkMetrics(name, epochs: 8)
    try FileManager.default.removeItem(atPath: runs.folder(name))
}

/// The numbers that `FAULTS=count` gives.
private func calls(_ process: Running) throws -> [String: Int] {
    let line = try process.output().split(separator: "\n").last { $0.hasPrefix("calls: ") }
    let entries = (line ?? "").dropFirst("calls: ".count).split(separator: ", ")
    return Dictionary(
        entries.compactMap { entry in
            let parts = entry.split(separator: " ")
            return Int(parts[1]).map { (String(parts[0]), $0) }
        }, uniquingKeysWith: { first, _ in first })
}
