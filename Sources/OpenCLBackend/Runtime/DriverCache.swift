import FileFormats

/// PoCL's own cache of compiled kernels. Without one that it can write, PoCL offers no device or
/// builds no kernel, and does not say why.
package enum DriverCache {
    /// Why PoCL cannot work, in two lines; nil if its cache is sound.
    package static func problem(
        _ environment: [String: String] = Environment.variables
    ) -> String? {
        let folder = folder(environment)
        do throws(FileError) {
            let made = try FileSystem.makeFolders(folder)
            defer { FileSystem.removeEmptyFolders(made) }
            try probe(folder)
            return nil
        } catch {
            return """
                PoCL cannot write its cache \(folder.legible): \(error.reason)
                Set POCL_CACHE_DIR to a folder that can be written and has some megabytes free
                """
        }
    }

    /// Writes a file there, and removes it.
    private static func probe(_ folder: String) throws(FileError) {
        var file = try AtomicFile(folder.appending(pathPart: "lls-probe"))
        try file.append([UInt8](repeating: 0, count: maxKernelBytes))
    }

    /// Bytes that PoCL wants for one kernel, about.
    private static let maxKernelBytes = 1 << 20

    /// Where PoCL looks for it, in its order.
    private static func folder(_ environment: [String: String]) -> String {
        if let folder = environment["POCL_CACHE_DIR"] { return folder }
        if let base = environment["XDG_CACHE_HOME"] {
            return base.appending(pathPart: "pocl/kcache")
        }
        if let home = environment["HOME"] { return home.appending(pathPart: ".cache/pocl/kcache") }
        return "/tmp/pocl/kcache"
    }
}
