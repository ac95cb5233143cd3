import CArchive
import CBuildInformation
import CCrypto
import CCurl
import COpenBLAS
import CSPNG
import CZlib

/// What this program was built from, and the libraries that it runs with.
public enum BuildInformation {
    /// The first twelve digits of the commit, followed by `+changes` if the sources differed from it;
    /// empty if the program was not built by the Makefile from a git checkout.
    public static var commit: String { String(cString: build_commit()) }

    /// Names and versions of what is compiled into the program: `Swift 6.3.1, yams 6.2.2`.
    ///
    /// If the Makefile did not build the program, only the Swift runtime's own version is known.
    public static var parts: String {
        let parts = String(cString: build_parts())
        return parts.isEmpty ? "Swift \(_SwiftStdlibVersion.current)" : parts
    }

    /// The kind of processor that OpenBLAS has chosen its kernels for: `Haswell`.
    public static var openBLASCore: String { text(openblas_get_corename()) }

    /// The C libraries as they were loaded, in their own words: they may be newer than those that the
    /// program was built against. Each is a name and a version.
    public static var libraries: [(name: String, version: String)] {
        // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …": the core is the one that it chose here.
        let openBLAS = text(openblas_get_config()).split(separator: " ").dropFirst().first ?? ""
        return [
            ("OpenBLAS", "\(openBLAS), kernels for \(openBLASCore)"),
            ("libspng", text(spng_version_string())),
            ("libarchive", withoutName(archive_version_details())),
            ("libcurl", withoutName(curl_version())),
            ("OpenSSL", text(OpenSSL_version(OPENSSL_VERSION_STRING))),
            ("zlib", text(zlibVersion())),
        ]
    }

    private static func text(_ characters: UnsafePointer<CChar>?) -> String {
        characters.map { String(cString: $0) } ?? ""
    }

    /// `libcurl/7.88.1 OpenSSL/3.0.16` and `libarchive 3.6.2 zlib/1.2.13` without their first name.
    private static func withoutName(_ characters: UnsafePointer<CChar>?) -> String {
        String(text(characters).drop { $0 != " " && $0 != "/" }.dropFirst())
    }
}
