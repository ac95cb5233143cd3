import Foundation

/// What a folder holds, in an order that depends on the names alone.
struct FolderListing {
    /// Names of the folders in it; links to folders count.
    private(set) var folders: [String] = []
    /// Paths, from the folder on, of the images in it and in folders inside it.
    private(set) var images: [String] = []

    /// What torchvision takes for an image by its name. Those that are neither JPEG nor PNG are
    /// refused when they are decoded, not passed over here.
    private static let imageEndings: Set<String> = [
        "jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp",
    ]

    /// Hidden files are passed over. Throws ``DatasetError/unusable`` where there is no folder that
    /// can be read.
    ///
    /// - Parameter isDeep: whether folders inside it are looked into; links to folders are not,
    ///   since one to a folder above would never end.
    init(_ path: String, isDeep: Bool = true) throws(DatasetError) {
        guard let folder = opendir(path) else {
            throw .unusable(
                path: path, reason: "it cannot be listed: \(String(cString: strerror(errno)))",
                advice: "Check that it is a folder and may be read.")
        }
        defer { closedir(folder) }
        var deeper: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let type = Int32(entry.pointee.d_type)
            if isFolder(type, join(path, name)) {
                folders.append(name)
                if isDeep, type != Int32(DT_LNK) { deeper.append(name) }
            } else if Self.imageEndings.contains(ending(of: name)) {
                images.append(name)
            }
        }
        folders.sort(by: precedes)
        images.sort(by: precedes)
        for name in deeper.sorted(by: precedes) {
            images += try FolderListing(join(path, name)).images.map { join(name, $0) }
        }
    }
}

private func isFolder(_ type: Int32, _ path: String) -> Bool {
    if type == Int32(DT_DIR) { return true }
    guard type == Int32(DT_LNK) || type == Int32(DT_UNKNOWN) else { return false }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

private func ending(of name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return "" }
    return name[name.index(after: dot)...].lowercased()
}

/// By bytes, as Python sorts: other languages have other orders, and labels follow from this one.
func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}
