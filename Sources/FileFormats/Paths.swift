/// The parts of a path. All of them look at bytes: to Swift a `/` before a combining accent is
/// another character than `/`, to the system it is not.
extension String {
    private static var slash: UInt8 { UInt8(ascii: "/") }

    public var isAbsolutePath: Bool { utf8.first == Self.slash }

    /// The same path from the root folder on, which means the same in every folder; the path itself if the
    /// current folder is not known.
    public var absolutePath: String {
        if isAbsolutePath { return self }
        guard let folder = FileSystem.currentFolder else { return self }
        return self == "." ? folder : folder.appending(pathPart: self)
    }

    /// The folder that this path lies in, as `dirname` says it: `.` for a bare name, `/` for `/`.
    public var parentFolder: String {
        let whole = withoutEndingSlashes.utf8
        guard let last = whole.lastIndex(of: Self.slash) else { return "." }
        let parent = String(Substring(whole[..<last])).withoutEndingSlashes
        return parent.isEmpty ? "/" : parent
    }

    /// The part behind the last `/`, as `basename` says it; empty for `/`.
    public var lastPathPart: String {
        let whole = withoutEndingSlashes.utf8
        guard let last = whole.lastIndex(of: Self.slash) else { return String(whole) }
        return String(Substring(whole[whole.index(after: last)...]))
    }

    /// The path of something in this folder.
    public func appending(pathPart part: String) -> String {
        if isEmpty { return part }
        return utf8.last == Self.slash ? self + part : self + "/" + part
    }

    /// The parts between slashes, without empty ones.
    public var pathParts: [String] {
        utf8.split(separator: Self.slash).map { String(Substring($0)) }
    }

    /// Without slashes at its end, unless it is nothing else.
    public var withoutEndingSlashes: String {
        guard utf8.last == Self.slash else { return self }
        guard let last = utf8.lastIndex(where: { $0 != Self.slash }) else { return "/" }
        return String(Substring(utf8[...last]))
    }

    /// What stands behind the last `.` of the name, in lower case; empty without one, and for a name
    /// that begins with its only `.`.
    public var pathExtension: String {
        let name = lastPathPart
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex
        else { return "" }
        return String(Substring(name.utf8[name.utf8.index(after: dot)...])).lowercased()
    }

    /// Whether this path is `folder` or lies below it, judged by the text alone.
    public func isInside(_ folder: String) -> Bool {
        let (parts, outer) = (pathParts, folder.pathParts)
        return isAbsolutePath == folder.isAbsolutePath && parts.count >= outer.count
            && zip(parts, outer).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
}

/// Text that is the same only as the same bytes: for names as keys and in sorted order.
///
/// Swift's strings are equal if they look the same, so that é of one scalar and é of two are one key;
/// on disk they are two files.
public struct ByteString: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }

    public static func == (left: ByteString, right: ByteString) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public static func < (left: ByteString, right: ByteString) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(0xFF))
    }

    public var description: String { text }
}

extension Sequence<String> {
    /// In the order of their bytes, which is the same in every locale.
    public func sortedByBytes() -> [String] {
        sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
