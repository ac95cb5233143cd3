import FileFormats

/// What could not be written into the folder of a run. It ends no training: there is another attempt later,
/// and the user is told once.
final class WriteFailures {
    private var failures: [String: FileError] = [:]

    /// One of what is still unwritten; nil if everything is on disk.
    var any: FileError? { failures.min { $0.key < $1.key }?.value }

    /// Writes, unless the disk or the folder fails.
    ///
    /// - Parameter what: is written, as in "the weights could not be written".
    /// - Returns: whether it is written.
    /// - Throws: what no disk is to blame for: a divergence, a lost device.
    @discardableResult
    func attempt(_ what: String, _ write: () throws -> Void) throws -> Bool {
        do {
            try write()
            failures[what] = nil
            return true
        } catch let error as FileError {
            if failures[what] == nil {
                Console.note("note: \(what) could not be written: \(error.summary)")
            }
            failures[what] = error
            return false
        }
    }
}

extension FileError {
    /// Its first line.
    var summary: String { "\(self)".split(separator: "\n").first.map(String.init) ?? "" }
}
