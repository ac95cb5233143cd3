import FileFormats
import Tensors

/// A network's parameters in files, under the names and with the shapes that the published PyTorch
/// models give them: `load_state_dict(load_file(path), strict=True)` takes them there.
extension NetworkDescription {
    /// The shape of every tensor that a weights file of this network may hold. Those of
    /// ``optionalTensors`` may be missing.
    public var tensorShapes: [String: [Int]] {
        var shapes = unreadTensors.mapValues(\.dimensions)
        for parameter in parameters {
            shapes[fileName(of: parameter)] = parameter.fileShape.dimensions
        }
        for name in counters { shapes[name] = [] }
        return shapes
    }

    /// What a network can do without: counters, and tensors that nothing reads.
    public var optionalTensors: Set<String> { Set(counters + unreadTensors.keys) }

    /// Whether a file with tensors of these shapes is one of this network's.
    public func takes(_ shapes: [String: [Int]]) -> Bool { differences(from: shapes).isEmpty }

    /// - Throws: ``WeightsMismatchError`` if a tensor is missing, is one too many or has another
    ///   shape.
    ///
    /// - Parameter parameters: the names of those that count; nil for all.
    package func check(
        _ shapes: [String: [Int]], path: String, parameters: Set<String>? = nil
    ) throws(WeightsMismatchError) {
        let differences = differences(from: shapes)
            .filter { parameters?.contains($0.tensor) ?? true }
        guard differences.isEmpty else {
            throw WeightsMismatchError(
                path: path, network: architecture.name, shapes: shapes,
                differences: differences.sorted {
                    $0.tensor.utf8.lexicographicallyPrecedes($1.tensor.utf8)
                })
        }
    }

    private func differences(from shapes: [String: [Int]]) -> [WeightsMismatchError.Difference] {
        let needed = tensorShapes
        let optional = optionalTensors
        return needed.compactMap { name, shape -> WeightsMismatchError.Difference? in
            guard let found = shapes[name] else {
                return optional.contains(name) ? nil : .init(name, found: nil, needed: shape)
            }
            return found == shape ? nil : .init(name, found: found, needed: shape)
        } + shapes.filter { needed[$0.key] == nil }.map { .init($0, found: $1, needed: nil) }
    }

    /// The name of a parameter in weights files.
    package func fileName(of parameter: ParameterDescription) -> String {
        parameter.fileName
            ?? (architecture.wrapsBlocks
                ? parameter.name : parameter.name.replacing(".block.", with: "."))
    }

    /// The elements of a parameter in a weights file, in PyTorch's order.
    ///
    /// - Throws: `FileError` if there are none, of another number, or some that no network has.
    package func values(
        of parameter: ParameterDescription, in file: SafetensorsFile
    ) throws(FileError) -> [Float] {
        let name = fileName(of: parameter)
        let values = try file.floats(name, shape: parameter.fileShape.dimensions)
        guard values.allSatisfy(\.isFinite) else {
            throw .malformed(
                file.path, field: "tensor '\(name)'", offset: 8, "it contains NaN or infinity")
        }
        return values
    }

    /// PyTorch counts the batches of every batch norm.
    var counters: [String] {
        blocks.flatMap(\.allLayers).compactMap(\.norm).map { norm in
            architecture.wrapsBlocks
                ? norm.counterName : norm.counterName.replacing(".block.", with: ".")
        }
    }

    var unreadTensors: [String: Shape] {
        blocks.reduce(into: [:]) { tensors, block in
            let shape = BlockShape(block, classes: classes, network: architecture.original)
            tensors.merge(rule.unreadTensors(of: shape)) { $1 }
        }
    }
}

extension Network {
    /// All parameters, those that the rule keeps among them; waits for the device.
    public func weights(metadata: [String: String] = [:]) throws -> SafetensorsFile {
        var file = SafetensorsFile(metadata: metadata)
        for parameter in parameters {
            file[description.fileName(of: parameter.description)] = SafetensorsFile.Entry(
                try parameter.values(), shape: parameter.description.fileShape.dimensions)
        }
        for name in description.counters {
            file[name] = SafetensorsFile.Entry([Int64(batchesTracked)], shape: [])
        }
        for (name, shape) in description.unreadTensors {
            file[name] = SafetensorsFile.Entry(
                [Float](repeating: 0, count: shape.count), shape: shape.dimensions)
        }
        return file
    }

    /// Sets all parameters from a file of which nothing is read before its header is known to be that
    /// of this network.
    ///
    /// - Throws: as ``load(_:)-(SafetensorsFile)``.
    public func load(_ reader: SafetensorsReader) throws {
        try description.check(reader.shapes, path: reader.path)
        try load(try reader.readAll())
    }

    /// Sets all parameters, those that the rule keeps among them.
    ///
    /// - Throws: ``WeightsMismatchError`` if a tensor is missing, is one too many or has another
    ///   shape; `FileError` if one holds what no network has. Then nothing has been set.
    public func load(_ file: SafetensorsFile) throws {
        try description.check(file.entries.mapValues(\.shape), path: file.path)
        try set(parameters, from: file)
    }

    /// Sets the parameters of the layers that a file has, of a network that may have had other classes
    /// and another rule. The classifier, what the rule keeps for its blocks, and blocks that the file
    /// knows nothing of stay as they are.
    ///
    /// - Returns: the names of the blocks that are set, and of the file's tensors without a place here.
    /// - Throws: as ``load(_:)-(SafetensorsFile)``; also if the file has none of the blocks.
    public func loadBody(
        _ reader: SafetensorsReader
    ) throws -> (blocks: [String], unused: [String]) {
        func parameters(_ block: any Block) -> [Parameter] {
            block.description.allLayers.flatMap(\.parameters).map { block.group[$0] }
        }
        func isThere(_ parameter: Parameter) -> Bool {
            reader.shapes[description.fileName(of: parameter.description)] != nil
        }
        let known = blocks.filter { parameters($0).contains(where: isThere) }
        let body = (known.isEmpty ? blocks : known).flatMap(parameters)
        let names = Set(body.map { description.fileName(of: $0.description) })
        let counters = Set(description.counters)
        try description.check(
            reader.shapes.filter { names.contains($0.key) || counters.contains($0.key) },
            path: reader.path, parameters: names.union(counters))
        try set(body, from: try reader.readAll())
        return (
            known.map(\.description.name),
            reader.shapes.keys.filter { !names.contains($0) && !counters.contains($0) }.sorted()
        )
    }

    private func set(_ parameters: [Parameter], from file: SafetensorsFile) throws {
        let values = try parameters.map { try description.values(of: $0.description, in: file) }
        var batches = 0
        for name in description.counters where file[name] != nil {
            let count = try file.integers(name, shape: []).first ?? 0
            guard (0...Self.maxCount).contains(count) else {
                throw FileError.malformed(
                    file.path, field: "tensor '\(name)'", offset: 8,
                    "\(count) is not a number of batches")
            }
            batches = max(batches, count)
        }
        for (parameter, values) in zip(parameters, values) { try parameter.set(values) }
        batchesTracked = batches
    }

    /// More batches than anybody trains on; a count that goes on from here does not overflow.
    private static let maxCount = 1 << 53
}
