import BLASBackend
import BuildInformation
import FileFormats
import Foundation
import OpenCLBackend
import Tensors

/// Looks for whatever keeps training from a device.
package struct Doctor {
    private let machine: Machine
    private let environment: [String: String]
    /// That a driver may take for an answer.
    private let seconds: Double

    package init(
        _ machine: Machine = Machine(), _ environment: [String: String] = Environment.variables
    ) {
        self.machine = machine
        self.environment = environment
        seconds =
            environment[DeviceTimeout.variable].flatMap(DeviceTimeout.seconds).map(Double.init)
            ?? 60
    }

    /// Everything, in the order in which it matters for an issue report.
    func findings() throws -> [Finding] {
        let drivers = try driverFindings()
        let (devices, found) = try deviceFindings(drivers)
        return programFindings() + [processor()] + [loader()] + drivers + devices
            + cardFindings(found) + cacheFindings()
    }

    // MARK: The program and the machine

    private func programFindings() -> [Finding] {
        let libraries = BuildInformation.libraries.map { "\($0.name) \($0.version)" }
        let memory = machine.text(of: "/proc/meminfo") ?? ""
        func bytes(_ name: String) -> String {
            let line = memory.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            return kilobytes.map { megabytes($0.saturatingMultiplied(by: 1024)) } ?? "?"
        }
        let kernel = (machine.text(of: "/proc/sys/kernel/osrelease") ?? "").filter { $0 != "\n" }
        let limit =
            HostMemory.addressSpaceLeft.map { ", of which \(megabytes($0)) are allowed" } ?? ""
        return [
            Finding(
                "program", .ok,
                VersionText.text.split(separator: "\n").first.map(String.init) ?? ""),
            Finding("program", .ok, "built with \(BuildInformation.parts)"),
            Finding("program", .ok, libraries.joined(separator: "; ")),
            Finding(
                "machine", .ok,
                "\(machine.distribution), Linux \(kernel), "
                    + "\(ProcessInfo.processInfo.activeProcessorCount) cores"),
            Finding(
                "machine", .ok,
                "memory: \(bytes("MemTotal")), \(bytes("MemAvailable")) available\(limit)"),
        ]
    }

    /// The CPU backend, which needs no driver.
    private func processor() -> Finding {
        let core = BuildInformation.openBLASCore
        let flags = machine.text(of: "/proc/cpuinfo") ?? ""
        let isOld = ["Prescott", "Core2", "Nehalem", "Generic"].contains(core)
        if isOld, flags.contains(" avx2") {
            return Finding(
                "processor", .warning,
                "OpenBLAS uses its kernels for \(core), though the processor has AVX2: the CPU backend "
                    + "is several times slower than it could be",
                cure: "Set OPENBLAS_CORETYPE=Haswell, or SkylakeX if the processor has AVX-512")
        }
        do {
            let backend = try BLASBackend()
            guard let problem = computationProblem(of: backend) else {
                return Finding(
                    "processor", .ok, "\(backend.name) computes, with kernels for \(core)")
            }
            return Finding("processor", .problem, "the CPU backend fails: \(problem)")
        } catch {
            return Finding("processor", .problem, "the CPU backend fails: \(error)")
        }
    }

    // MARK: Drivers

    private func loader() -> Finding {
        let name = "libOpenCL.so.1"
        guard dlopen(name, RTLD_LAZY | RTLD_LOCAL) == nil else {
            let lines = (machine.text(of: "/proc/self/maps", limit: 1 << 22) ?? "")
                .split(separator: "\n")
            let path = lines.first { $0.contains("libOpenCL.so") }?.split(separator: " ").last
            return Finding("loader", .ok, "OpenCL's loader: \(path.map(String.init) ?? name)")
        }
        let reason = dlerror().map { String(cString: $0) } ?? "\(name) cannot be loaded"
        return Finding(
            "loader", .problem, "OpenCL's loader is missing: \(reason)",
            cure: machine.installing("ocl-icd-libopencl1"))
    }

    private func driverFindings() throws -> [Finding] {
        let files = DriverFiles(environment)
        if let problem = files.problem {
            return [
                Finding(
                    "driver", .problem, "no OpenCL driver in \(files.place): \(problem)",
                    cure: environment["OCL_ICD_VENDORS"] ?? environment["OPENCL_VENDOR_PATH"] == nil
                        ? "For the processor: \(machine.installing("pocl-opencl-icd"))"
                        : "Unset the variable, or name the folder of your drivers' .icd files")
            ]
        }
        return try files.entries.map(finding)
    }

    private func finding(_ entry: DriverFiles.Entry) throws -> Finding {
        let file = entry.file?.legible ?? "OCL_ICD_VENDORS"
        guard let library = entry.library else {
            return Finding(
                "driver", .problem, "\(file): \(entry.problem ?? "it cannot be read")",
                cure: "Remove the file, or \(reinstalling(entry.file))")
        }
        let name = entry.file == nil ? library.legible : "\(file), \(library.legible)"
        let probe = try ProbeProcess(
            ["doctor", "--probe", Probe.library(library).argument], seconds: seconds)
        let steps = probe.steps
        if let reason = steps.last(where: { $0.step == "failed" })?.reason {
            return Finding(
                "driver", .problem, "\(name): \(reason)",
                cure: "If the driver is no longer wanted, remove the file; otherwise "
                    + reinstalling(entry.file))
        }
        guard let count = steps.last(where: { $0.step == "platforms" })?.count else {
            let stage =
                switch steps.last?.step {
                case "entry": "when it was asked for its platforms"
                case "loaded": "when it was asked for its entry point"
                default: "when it was loaded"
                }
            return Finding(
                "driver", .problem,
                "\(name): it \(probe.end.text) \(stage)"
                    + (probe.lastWords.isEmpty ? "" : ": \(probe.lastWords)"),
                cure:
                    "Update the driver, or remove the file: it keeps other drivers from working, too"
            )
        }
        let cure = "Its packages may be of different versions: update all of them"
        return count > 0
            ? Finding("driver", .ok, "\(name): \(count) platform\(count == 1 ? "" : "s")")
            : Finding("driver", .warning, "\(name): it offers no platform", cure: cure)
    }

    /// How to get the package of a driver's file again.
    private func reinstalling(_ file: String?) -> String {
        guard let package = file.flatMap(machine.package) else {
            return "install the driver again"
        }
        return "reinstall it: sudo apt-get install --reinstall \(package)"
    }

    // MARK: Devices

    private func deviceFindings(
        _ drivers: [Finding]
    ) throws -> (findings: [Finding], devices: [Probe.Device]) {
        let probe = try ProbeProcess(
            ["doctor", "--probe", Probe.devices.argument], seconds: seconds)
        let steps = probe.steps
        let devices = steps.compactMap(\.device)
        var findings: [Finding] = []
        if let reason = steps.last(where: { $0.step == "failed" })?.reason {
            findings.append(Finding("device", .problem, reason))
        } else if probe.end != .exited(0) {
            let broken = drivers.contains { $0.status == .problem }
            findings.append(
                Finding(
                    "device", .problem,
                    "looking for devices \(probe.end.text)"
                        + (probe.lastWords.isEmpty ? "" : ": \(probe.lastWords)"),
                    cure: broken
                        ? "Mend the drivers above first"
                        : "Set OCL_ICD_VENDORS to the .icd file of one driver after the other, to see "
                            + "which one it is"))
        }
        for platform in steps.compactMap(\.platform) {
            guard let problem = platform.problem else { continue }
            findings.append(
                Finding(
                    "device", devices.isEmpty ? .problem : .warning,
                    "\(platform.name.isEmpty ? "a platform" : platform.name): \(problem)"))
        }
        for device in devices {
            let text =
                "\(device.id)  \(device.name) (\(device.type), \(device.platform), driver "
                + "\(device.driver), \(device.opencl), \(device.compute_units) compute units, "
                + "\(megabytes(device.memory_bytes)))"
            let probe = try ProbeProcess(
                ["doctor", "--probe", Probe.device(device.id).argument], seconds: seconds)
            if probe.steps.contains(where: { $0.step == "computed" }) {
                findings.append(Finding("device", .ok, "\(text): it computes"))
                continue
            }
            let reason = probe.steps.last(where: { $0.step == "failed" })?.reason
            findings.append(
                Finding(
                    "device", .problem,
                    "\(text): \(reason ?? "a small computation \(probe.end.text)")",
                    cure: "Update its driver; until then use another one with --device"))
        }
        return (findings, devices)
    }

    /// Cards without a device.
    package func cards(usedBy names: [String]) -> [Finding] {
        cardFindings(
            names.map { name in
                Probe.Device(
                    id: "0:0", name: name, type: "GPU", platform: "", vendor: name, driver: "",
                    opencl: "", compute_units: 1, memory_bytes: 1)
            })
    }

    private func cardFindings(_ devices: [Probe.Device]) -> [Finding] {
        let cards = machine.cards
        let gpus = devices.filter { $0.type != "CPU" }
        let unused = cards.filter { card in !gpus.contains(where: card.maker.made) }
        let findings = cards.map { card in
            let text = "\(card.maker.rawValue) card at \(card.address)"
            guard unused.contains(where: { $0.address == card.address }) else {
                return Finding("card", .ok, "\(text) is an OpenCL device")
            }
            return Finding(
                "card", .problem, "\(text) is no OpenCL device: its driver is missing or fails",
                cure: machine.driverAdvice(card.maker))
        }
        return findings + machine.rights(for: Set(unused.map(\.maker)))
    }

    // MARK: Caches

    private func cacheFindings() -> [Finding] {
        var findings: [Finding] = []
        if let folder = CacheFolder.named("tuning", environment: environment)?.path {
            findings.append(
                cache(
                    folder, "tuned kernels", .warning,
                    cure:
                        "Set XDG_CACHE_HOME to a folder that can be written: without it every run "
                        + "tunes anew"))
        } else {
            findings.append(
                Finding(
                    "cache", .warning, "no cache of tuned kernels: there is no home folder",
                    cure: "Set XDG_CACHE_HOME to a folder that can be written"))
        }
        if let problem = DriverCache.problem(environment) {
            let lines = problem.split(separator: "\n").map(String.init)
            findings.append(Finding("cache", .problem, lines[0], cure: lines.dropFirst().first))
        } else {
            findings.append(Finding("cache", .ok, "PoCL's cache can be written"))
        }
        let named = Environment.path("LLS_DATA", in: environment)
        let home = Environment.home(in: environment)?.appending(pathPart: ".cache/lls/data")
        if let folder = named ?? home {
            findings.append(
                cache(
                    folder, "data sets", .warning,
                    cure: "'lls data get' needs another folder: name it by LLS_DATA or --data-dir"))
        }
        return findings
    }

    /// Tries to write a file there; what had to be made is removed again.
    private func cache(
        _ folder: String, _ what: String, _ status: Finding.Status, cure: String
    ) -> Finding {
        do throws(FileError) {
            let made = try FileSystem.makeFolders(folder)
            defer { FileSystem.removeEmptyFolders(made) }
            var file = try AtomicFile(folder.appending(pathPart: "lls-probe"))
            try file.append([UInt8](repeating: 0, count: 1 << 16))
            return Finding("cache", .ok, "the folder of \(what) can be written: \(folder.legible)")
        } catch {
            return Finding(
                "cache", status,
                "the folder of \(what) cannot be written: \(folder.legible): \(error.reason)",
                cure: cure)
        }
    }
}

extension ProbeProcess {
    /// What it reported.
    fileprivate var steps: [Probe.Step] {
        lines.compactMap { try? JSONText.read(Probe.Step.self, from: $0.utf8) }
    }
}
