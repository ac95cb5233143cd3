import Foundation
import LLSCommands
import TestSupport
import Testing

/// `lls doctor` with drivers that are made up, and broken in every way.
struct DoctorTests {
    private struct Report: Decodable {
        struct Finding: Decodable {
            let area, status, text: String
            let cure: String?
        }
        let status: String
        let findings: [Finding]
    }

    private let vendors: TemporaryFolder

    init() throws { vendors = try TemporaryFolder() }

    private func doctor(
        _ environment: [String: String]
    ) throws -> (report: Report, outcome: Program.Outcome) {
        let outcome = try Program.run(["doctor", "--json"], environment: environment)
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(outcome.status == (report.status == "problem" ? 69 : 0), "\(outcome)")
        let isProblem = report.findings.contains { $0.status == "problem" }
        #expect(isProblem == (report.status == "problem"))
        return (report, outcome)
    }

    /// What is found of the drivers in the folder.
    private func drivers(_ environment: [String: String] = [:]) throws -> [Report.Finding] {
        let all = ["OCL_ICD_VENDORS": vendors.path].merging(environment) { $1 }
        return try doctor(all).report.findings.filter { $0.area == "driver" }
    }

    private func put(_ library: String, as name: String) throws {
        _ = try vendors.put(Array((library + "\n").utf8), as: name)
    }

    @Test func thisMachineIsDescribed() throws {
        let (report, outcome) = try doctor([:])
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        func texts(_ area: String) -> String {
            report.findings.filter { $0.area == area }.map(\.text).joined(separator: "\n")
        }
        #expect(texts("program").contains("lls 0.") && texts("program").contains("OpenBLAS"))
        #expect(texts("machine").contains("Linux") && texts("machine").contains("memory: "))
        #expect(texts("loader").contains("libOpenCL"))
        #expect(texts("driver").contains(".icd") && texts("driver").contains("platform"))
        #expect(texts("device").contains("it computes"))
        #expect(texts("cache").contains("PoCL"))
        let plain = try Program.run(["doctor"])
        #expect(plain.status == outcome.status)
        #expect(plain.output.hasPrefix("ok       lls 0."), "\(plain)")
        #expect(plain.lastLine.contains("problem"), "\(plain)")
    }

    @Test func driversThatCannotBeLoadedAreNamed() throws {
        try put("/no/such/library.so", as: "a-missing.icd")
        try put("libz.so.1", as: "b-entry.icd")
        try put("", as: "c-empty.icd")
        symlink("/no/such/file", vendors.path + "/d-dangling.icd")
        try FileManager.default.createDirectory(
            atPath: vendors.path + "/e-folder.icd", withIntermediateDirectories: false)
        let findings = try drivers()
        let expected = [
            ("a-missing.icd", "/no/such/library.so: cannot open shared object file"),
            ("b-entry.icd", "lacks the entry point clIcdGetPlatformIDsKHR"),
            ("c-empty.icd", "it names no library"), ("d-dangling.icd", "no such file"),
            ("e-folder.icd", "not a regular file"),
        ]
        #expect(findings.count == expected.count)
        for (finding, (file, reason)) in zip(findings, expected) {
            #expect(finding.status == "problem" && finding.text.contains(file), "\(finding)")
            #expect(finding.text.lowercased().contains(reason.lowercased()), "\(finding)")
            #expect(finding.cure?.isEmpty == false)
        }
    }

    /// A driver that crashes or hangs ends its own process, and no other.
    @Test func driversThatCrashOrHangAreNamed() throws {
        let entry = "void *clGetExtensionFunctionAddress(const char *name)"
        let sources = [
            "a-constructor":
                "__attribute__((constructor)) static void f(void) { *(volatile int *)0 = 1; }",
            "b-entry": "\(entry) { __builtin_trap(); }",
            "c-platforms": """
            #include <stdlib.h>
            static int p(unsigned n, void *i, unsigned *c) { abort(); }
            \(entry) { return (void *)p; }
            """,
            "d-hang": "#include <unistd.h>\n\(entry) { for (;;) pause(); }",
            "e-none": """
            static int p(unsigned n, void *i, unsigned *c) { return -1001; }
            \(entry) { return (void *)p; }
            """,
            "f-error": """
            static int p(unsigned n, void *i, unsigned *c) { return -6; }
            \(entry) { return (void *)p; }
            """,
            "g-loud": """
            #include <stdio.h>
            static int p(unsigned n, void *i, unsigned *c) { *c = 1; return 0; }
            \(entry) { puts("{\\"step\\":\\"failed\\"}"); fflush(stdout); return (void *)p; }
            """,
        ]
        for (name, source) in sources {
            let file = try vendors.put(Array(source.utf8), as: name + ".c")
            let library = vendors.path + "/" + name + ".so"
            let made = try Program.run(
                ["-c", "cc -w -shared -fPIC -o '\(library)' '\(file)'"],
                executable: URL(filePath: "/bin/bash"))
            try #require(made.status == 0, "a C compiler is needed: \(made)")
            try put(library, as: name + ".icd")
        }
        let findings = try drivers(["LLS_OPENCL_TIMEOUT": "5"])
        let expected = [
            ("problem", "crashed", "when it was loaded"),
            ("problem", "crashed", "when it was asked for its entry point"),
            ("problem", "crashed (aborted, signal 6)", "when it was asked for its platforms"),
            ("problem", "did not answer in time", "when it was asked for its entry point"),
            ("warning", "offers no platform", ""), ("problem", "answers with error -6", ""),
            ("ok", "1 platform", ""),
        ]
        #expect(findings.count == expected.count)
        for (finding, (status, what, when)) in zip(findings, expected) {
            #expect(finding.status == status, "\(finding)")
            #expect(finding.text.contains(what), "\(finding)")
            #expect(when.isEmpty || finding.text.contains(when), "\(finding)")
        }
    }

    @Test func noDriverAtAllIsAProblemWithACure() throws {
        let findings = try drivers()
        #expect(findings.count == 1 && findings.first?.status == "problem")
        #expect(findings.first?.text.contains("no file that ends in .icd") == true)
        let missing = try drivers(["OCL_ICD_VENDORS": "", "OPENCL_VENDOR_PATH": "/no/such/folder"])
        #expect(missing.first?.text.contains("/no/such/folder (OPENCL_VENDOR_PATH)") == true)
        let library = try drivers(["OCL_ICD_VENDORS": "libno-such-driver.so"])
        #expect(library.first?.text.contains("libno-such-driver.so") == true, "\(library)")
        let devices = try doctor(["OCL_ICD_VENDORS": vendors.path]).report.findings
            .filter { $0.area == "device" }
        #expect(devices.contains { $0.status == "problem" && $0.text.contains("pocl-opencl-icd") })
    }

    @Test func cachesThatCannotBeWrittenAreNamed() throws {
        let file = try vendors.put([], as: "file")
        let (report, _) = try doctor([
            "XDG_CACHE_HOME": file + "/x", "POCL_CACHE_DIR": file + "/y", "LLS_DATA": file,
        ])
        let caches = report.findings.filter { $0.area == "cache" }
        #expect(caches.map(\.status) == ["warning", "problem", "warning"], "\(caches)")
        #expect(caches.allSatisfy { $0.cure != nil && $0.text.contains(file) }, "\(caches)")
        #expect(try vendors.contents() == ["file"])
        // Nothing is left where a cache can be made.
        let home = vendors.path + "/home"
        _ = try doctor([
            "XDG_CACHE_HOME": home, "POCL_CACHE_DIR": vendors.path + "/pocl",
            "LLS_DATA": vendors.path + "/data", "OCL_ICD_VENDORS": "/no/such.icd",
        ])
        #expect(try vendors.contents() == ["file"])
    }

    /// Cards on the bus, with and without a driver, on several distributions.
    @Test func cardsWithoutADeviceAreNamedWithTheirPackage() throws {
        let root = try TemporaryFolder()
        func write(_ text: String, to path: String) throws {
            let url = root.url.appending(path: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        let cards = [
            ("0000:00:00.0", "0x060000", "0x8086"), ("0000:00:02.0", "0x030000", "0x8086"),
            ("0000:01:00.0", "0x030200", "0x10de"), ("0000:02:00.0", "0x038000", "0x1002"),
            ("0000:03:00.0", "0x030000", "0x1a03"),
        ]
        for (address, kind, vendor) in cards {
            try write(kind + "\n", to: "sys/bus/pci/devices/\(address)/class")
            try write(vendor + "\n", to: "sys/bus/pci/devices/\(address)/vendor")
        }
        func findings(_ used: [String], _ release: String) throws -> [Finding] {
            try write(release, to: "etc/os-release")
            return Doctor(Machine(root: root.path)).cards(usedBy: used)
        }
        let debian = try findings([], "ID=debian\n")
        let missing = debian.filter { $0.area == "card" }
        #expect(missing.count == 3 && missing.allSatisfy { $0.status == .problem })
        #expect(missing.map { $0.text.prefix(3) } == ["Int", "NVI", "AMD"])
        #expect(missing[0].cure == "sudo apt-get install intel-opencl-icd")
        #expect(missing[1].cure?.contains("nvidia-opencl-icd") == true)
        #expect(missing[2].cure?.contains("mesa-opencl-icd") == true)
        let rights = debian.filter { $0.area == "rights" }.map(\.text).joined()
        for node in ["renderD", "/dev/kfd", "/dev/nvidiactl"] { #expect(rights.contains(node)) }

        let ubuntu = try findings(["Intel(R) UHD Graphics"], "ID=neon\nID_LIKE=\"ubuntu debian\"\n")
        #expect(ubuntu.filter { $0.area == "card" }.map(\.status) == [.ok, .problem, .problem])
        #expect(ubuntu.contains { $0.cure == "sudo ubuntu-drivers install" })
        let other = try findings([], "ID=void\n")
        #expect(other[0].cure?.contains("counterpart of Debian's package intel-opencl-icd") == true)
        let all = try findings(["Intel", "NVIDIA", "AMD Radeon"], "ID=debian\n")
        #expect(all.count == 3 && all.allSatisfy { $0.status == .ok })
    }
}
