import FileFormats
import Foundation

/// What the system says of itself, read below a root folder.
package struct Machine {
    private let root: String

    /// - Parameter root: `/`, or a folder that stands in for it.
    package init(root: String = "/") { self.root = root }

    /// A graphics card or another accelerator on the PCI bus.
    struct Card {
        let address: String
        let maker: Maker
    }

    /// Whoever makes graphics cards that OpenCL drivers are known for.
    enum Maker: String, CaseIterable {
        case intel = "Intel"
        case amd = "AMD"
        case nvidia = "NVIDIA"

        fileprivate var number: String {
            switch self {
            case .intel: "0x8086"
            case .amd: "0x1002"
            case .nvidia: "0x10de"
            }
        }

        /// Whether an OpenCL device is theirs, by what its driver says.
        func made(_ device: Probe.Device) -> Bool {
            let text = "\(device.vendor) \(device.name) \(device.platform)".lowercased()
            return switch self {
            case .intel: text.contains("intel")
            case .amd:
                text.contains("amd") || text.contains("advanced micro") || text.contains("radeon")
            case .nvidia: text.contains("nvidia") || text.contains("geforce")
            }
        }
    }

    /// All cards of known makers, in the order of their addresses.
    var cards: [Card] {
        let folder = path("/sys/bus/pci/devices")
        return ((try? FileSystem.list(folder)) ?? []).compactMap { address in
            let device = folder.appending(pathPart: address)
            let kind = text(of: device.appending(pathPart: "class")) ?? ""
            // Displays, and accelerators without one.
            guard kind.hasPrefix("0x03") || kind.hasPrefix("0x12"),
                let vendor = text(of: device.appending(pathPart: "vendor")),
                let maker = Maker.allCases.first(where: { vendor.hasPrefix($0.number) })
            else { return nil }
            return Card(address: address, maker: maker)
        }
    }

    // MARK: The distribution

    /// `PRETTY_NAME` and its kin of `/etc/os-release`.
    private var release: [String: String] {
        let lines = (text(of: path("/etc/os-release")) ?? "").split(separator: "\n")
        return Dictionary(
            lines.compactMap { line in
                let parts = line.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { return nil }
                return (String(parts[0]), parts[1].filter { $0 != "\"" })
            }, uniquingKeysWith: { first, _ in first })
    }

    var distribution: String { release["PRETTY_NAME"] ?? "an unknown distribution" }

    private var families: [String] {
        "\(release["ID"] ?? "") \(release["ID_LIKE"] ?? "")".split(separator: " ").map(String.init)
    }

    var hasApt: Bool { families.contains { ["debian", "ubuntu"].contains($0) } }
    private var isUbuntu: Bool { families.contains("ubuntu") }

    /// How to install a package that is known by this name on Debian and Ubuntu.
    func installing(_ package: String) -> String {
        hasApt
            ? "sudo apt-get install \(package)"
            : "install your distribution's counterpart of Debian's package \(package)"
    }

    /// How to get a driver for a card.
    func driverAdvice(_ maker: Maker) -> String {
        switch maker {
        case .intel: installing("intel-opencl-icd")
        case .amd:
            installing("mesa-opencl-icd") + " and set RUSTICL_ENABLE=radeonsi; or AMD's own "
                + "rocm-opencl-runtime from repo.radeon.com"
        case .nvidia where isUbuntu: "sudo ubuntu-drivers install"
        case .nvidia:
            installing("nvidia-driver nvidia-opencl-icd") + (hasApt ? " (section non-free)" : "")
        }
    }

    /// The Debian package that installed a file; nil if none did.
    func package(owning file: String) -> String? {
        let folder = path("/var/lib/dpkg/info")
        let names = ((try? FileSystem.list(folder)) ?? []).filter { $0.hasSuffix(".list") }
        let owner = names.first { name in
            (text(of: folder.appending(pathPart: name), limit: 1 << 24) ?? "")
                .split(separator: "\n").contains { $0 == file }
        }
        return owner.map { String($0.dropLast(5).prefix { $0 != ":" }) }
    }

    // MARK: Rights

    /// Files through which drivers reach their cards, with what is wrong about them.
    func rights(for makers: Set<Maker>) -> [Finding] {
        var findings: [Finding] = []
        let folder = path("/dev/dri")
        let nodes = ((try? FileSystem.list(folder)) ?? []).filter { $0.hasPrefix("renderD") }
        findings += nodes.map {
            access(to: folder.appending(pathPart: $0), isNeeded: !makers.isEmpty)
        }
        if nodes.isEmpty, !makers.isDisjoint(with: [.intel, .amd]) {
            findings.append(
                Finding(
                    "rights", .problem, "there is no /dev/dri/renderD*, which drivers need",
                    cure:
                        "Load the kernel's driver of the card (i915, xe or amdgpu); in a container, "
                        + "start it with --device /dev/dri"))
        }
        for (node, maker) in [("/dev/kfd", Maker.amd), ("/dev/nvidiactl", .nvidia)] {
            let node = path(node)
            if FileSystem.exists(node) {
                findings.append(access(to: node, isNeeded: makers.contains(maker)))
            } else if makers.contains(maker) {
                findings.append(
                    Finding(
                        "rights", maker == .nvidia ? .problem : .warning,
                        "there is no \(node.legible), which drivers of \(maker.rawValue) need",
                        cure: maker == .nvidia
                            ? "Install the kernel's driver: \(driverAdvice(.nvidia))"
                            : "Only AMD's own driver needs it: load the kernel's driver amdgpu"))
            }
        }
        return findings
    }

    private func access(to node: String, isNeeded: Bool) -> Finding {
        if node.withPathBytes({ Foundation.access($0, R_OK | W_OK) }) == 0 {
            return Finding("rights", .ok, "\(node.legible) can be read and written")
        }
        let reason = String(cString: strerror(errno)).lowercased()
        let status = try? FileSystem.status(of: node)
        let group = status.flatMap { getgrgid($0.group) }.map {
            String(cString: $0.pointee.gr_name)
        }
        let cure =
            group.map { "Join the group: sudo usermod -aG \($0) $USER, then log in again" }
            ?? "Ask your administrator for the right to read and write it"
        return Finding(
            "rights", isNeeded ? .problem : .warning, "\(node.legible): \(reason)", cure: cure)
    }

    // MARK: Files

    func path(_ path: String) -> String {
        root == "/" ? path : root.withoutEndingSlashes + path
    }

    /// A short text file; also of `/proc` and `/sys`, whose files do not say how long they are.
    func text(of path: String, limit: Int = 1 << 16) -> String? {
        let descriptor = FileSystem.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < limit {
            let count = read(descriptor, &piece, min(piece.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += piece.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
