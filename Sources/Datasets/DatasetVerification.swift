import FileFormats

/// Something wrong with a data set that is there: what, and where.
public struct DatasetProblem: Sendable, Equatable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// What is wrong with it.
    public let reason: String
    public var description: String { "\(path.legible): \(reason)" }

    /// A problem with a file or folder.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    init(_ error: any Error, in folder: String) {
        switch error {
        case let error as FileError:
            let place = error.field.map { field in
                field + (error.offset.map { " (byte \($0))" } ?? "") + ": "
            }
            self.init(path: error.path, reason: (place ?? "") + error.reason)
        case DatasetError.unusable(let path, let reason, _):
            self.init(path: path, reason: reason)
        default: self.init(path: folder, reason: "\(error)")
        }
    }
}

extension DatasetDescription {
    /// Compares what its files hold with ``contentSums``: how many were compared, and those that hold
    /// something else, or cannot be read.
    public func compareContents(
        _ location: DatasetLocation
    ) -> (compared: Int, problems: [DatasetProblem]) {
        var (compared, problems) = (0, [DatasetProblem]())
        for (path, name) in zip(location.paths, format.layouts[location.layout].names) {
            guard let sum = contentSums[name] else { continue }
            compared += 1
            do {
                let found = try ByteReader(path).digestOfRest()
                if found != sum {
                    problems.append(
                        DatasetProblem(
                            path: path,
                            reason: "its contents are not those of \(self.name): SHA-256 \(found), "
                                + "not \(sum)"))
                }
            } catch {
                problems.append(DatasetProblem(error, in: location.folder))
            }
        }
        return (compared, problems)
    }

    /// Whether a zipped file holds what the one of its name does.
    public func isPackedAnew(_ path: String) -> Bool {
        guard path.pathExtension == "gz" else { return false }
        let sum = contentSums[String(path.lastPathPart.dropLast(3))]
        return sum != nil && (try? ByteReader(path).digestOfRest()) == sum
    }

    /// Reads the data set, decodes all of it in one pass, and lists all that is wrong with it.
    ///
    /// Throws ``DatasetError`` when it is nowhere.
    ///
    /// - Parameters:
    ///   - note: called with each line that is worth knowing and is no problem.
    ///   - progress: called now and then, on any thread, with the images decoded so far and their
    ///     whole number.
    public func verify(
        dataDirectory: String? = nil,
        environment: [String: String] = Environment.variables,
        note: (String) -> Void = { _ in },
        progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(DatasetError) -> [DatasetProblem] {
        let location = try locate(dataDirectory: dataDirectory, environment: environment)
        let problems = format.problems(location, as: self)
        guard problems.isEmpty, let contents = try? format.read(location, as: self) else {
            return problems
        }
        var found: [DatasetProblem] = []
        if let classCount, contents.classNames.count != classCount {
            found.append(
                DatasetProblem(
                    path: location.folder,
                    reason: "\(contents.classNames.count) classes, but \(name) has \(classCount)"))
        }
        let dataset = dataset(contents, in: location.folder)
        dataset.notes().forEach(note)
        let images = dataset.findBadImages(progress: progress)
        return found + images.map { DatasetProblem(path: $0.path, reason: $0.reason) }
    }
}

extension DatasetFormat {
    /// The first thing that keeps the data set from being read; formats of several files look at
    /// each of them.
    public func problems(_ location: DatasetLocation, as description: DatasetDescription)
        -> [DatasetProblem]
    {
        do { _ = try read(location, as: description) } catch {
            return [DatasetProblem(error, in: location.folder)]
        }
        return []
    }
}
