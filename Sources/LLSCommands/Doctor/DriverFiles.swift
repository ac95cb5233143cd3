import FileFormats
import Foundation

/// Where OpenCL's loader looks for drivers, as `man libOpenCL` describes it.
struct DriverFiles {
    /// A file that names a driver's library, or a library that a variable names.
    struct Entry {
        let file: String?
        /// Nil if the file names none.
        let library: String?
        /// Why the file names none.
        let problem: String?
    }

    /// For people: the folder, or the variable that names one.
    let place: String
    let entries: [Entry]
    /// Why there is nothing to look at.
    let problem: String?

    static let usualFolder = "/etc/OpenCL/vendors"
    private static let greatestSize = 1 << 12

    init(_ environment: [String: String] = Environment.variables) {
        let folder = environment["OPENCL_VENDOR_PATH"] ?? Self.usualFolder
        if let named = environment["OCL_ICD_VENDORS"] {
            place = "\(named.legible) (OCL_ICD_VENDORS)"
            if FileSystem.isFolder(named) {
                (entries, problem) = Self.entries(in: named)
            } else if named.hasSuffix(".icd") {
                let beside = folder.appending(pathPart: named)
                let isBeside = !named.contains("/") && FileSystem.exists(beside)
                (entries, problem) = ([Self.entry(isBeside ? beside : named)], nil)
            } else {
                (entries, problem) = ([Entry(file: nil, library: named, problem: nil)], nil)
            }
        } else {
            let isUsual = environment["OPENCL_VENDOR_PATH"] == nil
            place = folder.legible + (isUsual ? "" : " (OPENCL_VENDOR_PATH)")
            (entries, problem) = Self.entries(in: folder)
        }
    }

    private static func entries(in folder: String) -> ([Entry], problem: String?) {
        do throws(FileError) {
            let entries = try FileSystem.list(folder).filter { $0.hasSuffix(".icd") }
                .map { entry(folder.appending(pathPart: $0)) }
            return (entries, entries.isEmpty ? "it has no file that ends in .icd" : nil)
        } catch {
            return ([], error.reason)
        }
    }

    private static func entry(_ file: String) -> Entry {
        do throws(FileError) {
            let bytes = try readFile(file, limit: greatestSize)
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            let name = String(pathBytes: Array(line)).drop { $0 == " " }
            guard !name.isEmpty else {
                return Entry(file: file, library: nil, problem: "it names no library")
            }
            return Entry(file: file, library: String(name), problem: nil)
        } catch {
            return Entry(file: file, library: nil, problem: error.reason)
        }
    }
}
