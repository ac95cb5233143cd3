import Datasets
import FileFormats
import Runs

extension RunFolder {
    /// The split that the run made of pictures in one heap; nil if it has not.
    ///
    /// - Throws: `FileError` if its file cannot be read.
    func validation() throws(FileError) -> ValidationSplit? {
        guard FileSystem.exists(splitFile) else { return nil }
        let bytes = try readFile(splitFile, limit: 1 << 30)
        do { return .listed(try JSONText.read(SplitList.self, from: bytes).validation) } catch {
            throw .malformed(
                splitFile, field: "the JSON object", offset: 0, "it is not what it should be")
        }
    }
}
