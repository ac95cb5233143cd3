import FileFormats
import Tensors

/// A network's parameters in files, under the names and with the shapes that the published PyTorch
/// models give them: `load_state_dict(load_file(path), strict=True)` takes them there.
extension Network {
    /// All parameters, and the projections of direct feedback; waits for the device.
    public func weights(metadata: [String: String] = [:]) throws -> SafetensorsFile {
        var file = SafetensorsFile(metadata: metadata)
        for (name, parameter) in saved {
            file[name] = SafetensorsFile.Entry(
                try parameter.values(on: backend),
                shape: parameter.description.fileShape.dimensions)
        }
        for name in counters {
            file[name] = SafetensorsFile.Entry([Int64(statisticsUpdates)], shape: [])
        }
        for name in unreadBiases {
            file[name] = SafetensorsFile.Entry(
                [Float](repeating: 0, count: classes), shape: [classes])
        }
        return file
    }

    /// The shape of every tensor that a weights file of this network may hold. Of them those of
    /// ``optionalTensors`` may be missing.
    public var tensorShapes: [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for (name, parameter) in saved {
            shapes[name] = parameter.description.fileShape.dimensions
        }
        for name in counters { shapes[name] = [] }
        for name in unreadBiases { shapes[name] = [classes] }
        return shapes
    }

    /// What a network can do without: counters, and biases that nothing reads.
    public var optionalTensors: Set<String> { Set(counters + unreadBiases) }

    /// Sets all parameters, and the projections of direct feedback, from a file of which nothing is
    /// read before its header is known to be that of this network.
    ///
    /// - Throws: as ``load(_:)-(SafetensorsFile)``.
    public func load(_ reader: SafetensorsReader) throws {
        try check(reader.shapes, path: reader.path)
        try load(try reader.readAll())
    }

    /// Sets all parameters, and the projections of direct feedback.
    ///
    /// - Throws: ``WeightsMismatchError`` if a tensor is missing, is one too many or has another
    ///   shape; `FileError` if one holds what no network has. Then nothing has been set.
    public func load(_ file: SafetensorsFile) throws {
        try check(file.entries.mapValues(\.shape), path: file.path)
        func wrong(_ name: String, _ reason: String) -> FileError {
            .malformed(file.path, field: "tensor '\(name)'", offset: 8, reason)
        }
        let saved = saved
        let values = try saved.map { name, parameter in
            let values = try file.floats(name, shape: parameter.description.fileShape.dimensions)
            guard values.allSatisfy(\.isFinite) else {
                throw wrong(name, "it holds a value that is not a finite number")
            }
            return values
        }
        var updates = 0
        for name in counters where file[name] != nil {
            let count = try file.integers(name, shape: []).first ?? 0
            guard (0...Self.greatestCount).contains(count) else {
                throw wrong(name, "\(count) is not a number of batches")
            }
            updates = max(updates, count)
        }
        for ((_, parameter), values) in zip(saved, values) {
            try parameter.set(values, on: backend)
        }
        statisticsUpdates = updates
    }

    /// More batches than anybody trains on; a count that goes on from here does not overflow.
    private static let greatestCount = 1 << 53

    private func check(_ shapes: [String: [Int]], path: String) throws(WeightsMismatchError) {
        let needed = tensorShapes
        let optional = optionalTensors
        let differences =
            needed.compactMap { name, shape -> WeightsMismatchError.Difference? in
                guard let found = shapes[name] else {
                    return optional.contains(name) ? nil : .init(name, found: nil, needed: shape)
                }
                return found == shape ? nil : .init(name, found: found, needed: shape)
            }
            + shapes.filter { needed[$0.key] == nil }.map { .init($0, found: $1, needed: nil) }
        guard differences.isEmpty else {
            throw WeightsMismatchError(
                path: path, network: architecture.name, shapes: shapes,
                differences: differences.sorted {
                    $0.tensor.utf8.lexicographicallyPrecedes($1.tensor.utf8)
                })
        }
    }

    private var saved: [(name: String, parameter: Parameter)] {
        (parameters + projections).map { (fileName($0.description.name), $0) }
    }

    /// PyTorch counts the batches of every batch norm.
    private var counters: [String] {
        saved.map(\.name).filter { $0.hasSuffix("running_var") }
            .map { $0.replacing("running_var", with: "num_batches_tracked") }
    }

    /// The published hooks hold biases that nothing ever reads.
    private var unreadBiases: [String] {
        saved.map(\.name).filter { $0.hasSuffix(Self.hookWeights) }
            .map { $0.replacing(Self.hookWeights, with: "_hook.fixed_fb_bias") }
    }

    private static let hookWeights = "_hook.fixed_fb_weights"

    /// The published name of the parameter that is called `name` here: they differ in the classes
    /// for direct feedback alone, where `conv_block1.projection` is `conv1_hook.fixed_fb_weights`.
    private func fileName(_ name: String) -> String {
        if name.hasSuffix(".projection") {
            return name.replacing("_block", with: "")
                .replacing(".projection", with: Self.hookWeights)
        }
        return architecture.wrapsBlocks ? name : name.replacing(".block.", with: ".")
    }
}

/// A sound weights file that is of another network.
public struct WeightsMismatchError: CategorizedError {
    /// A tensor that the file and the network do not have alike; nil stands for no such tensor.
    public struct Difference: Sendable, Equatable, CustomStringConvertible {
        public let tensor: String
        public let found, needed: [Int]?

        init(_ tensor: String, found: [Int]?, needed: [Int]?) {
            self.tensor = tensor
            self.found = found
            self.needed = needed
        }

        public var description: String {
            switch (found, needed) {
            case (let found?, let needed?): "\(tensor) is \(found) and should be \(needed)"
            case (nil, let needed?): "\(tensor) \(needed) is missing"
            case (let found, nil): "\(tensor) \(found ?? []) has no place in it"
            }
        }
    }

    public let path: String
    /// The name of the network that the file was to be loaded into.
    public let network: String
    /// Of the file's tensors.
    public let shapes: [String: [Int]]
    public let differences: [Difference]
    public var category: ErrorCategory { .malformedData }

    /// What differs, in one line.
    public var summary: String {
        let first = differences.prefix(2).map(\.description).joined(separator: ", ")
        let more = differences.count - 2
        return "\(path): the weights are not of this \(network): \(first)"
            + (more > 0 ? ", and \(more) more differ" : "")
    }

    public var description: String {
        summary + "\nThe file may be of another network, rule, data set or number of classes."
    }
}
