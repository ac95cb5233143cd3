import FileFormats
import Tensors

/// A network's parameters in files, under the names, in the order and with the shapes that the
/// published PyTorch models give them.
extension Network {
    private static let counter = "num_batches_tracked"

    /// All parameters; waits for the device.
    public func weights(metadata: [String: String] = [:]) throws -> SafetensorsFile {
        var file = SafetensorsFile(metadata: metadata)
        for parameter in parameters {
            let description = parameter.description
            file[description.name] = SafetensorsFile.Entry(
                try parameter.values(on: backend), shape: description.fileShape.dimensions)
        }
        for name in counters {
            file[name] = SafetensorsFile.Entry([Int64(statisticsUpdates)], shape: [])
        }
        return file
    }

    /// Sets all parameters.
    ///
    /// - Throws: `FileError` where a tensor is missing, is one too many, has another shape, or holds
    ///   what is no finite number; then nothing has been set.
    public func load(_ file: SafetensorsFile) throws {
        func wrong(_ name: String, _ reason: String) -> FileError {
            .malformed(file.path, field: "tensor '\(name)'", offset: 8, reason)
        }
        let values = try parameters.map { parameter in
            let name = parameter.description.name
            let values = try file.floats(name, shape: parameter.description.fileShape.dimensions)
            guard values.allSatisfy(\.isFinite) else {
                throw wrong(name, "it holds what is no finite number")
            }
            return values
        }
        let known = Set(parameters.map(\.description.name) + counters)
        if let extra = file.entries.keys.filter({ !known.contains($0) }).min() {
            throw wrong(extra, "\(architecture.name) has no such tensor")
        }
        let updates = try counters.compactMap { name in
            file[name] == nil ? nil : try file.integers(name).first
        }
        for (parameter, values) in zip(parameters, values) {
            try parameter.set(values, on: backend)
        }
        statisticsUpdates = updates.max() ?? 0
    }

    /// PyTorch counts the batches of every batch norm.
    private var counters: [String] {
        parameters.map(\.description.name).filter { $0.hasSuffix("running_var") }
            .map { $0.replacing("running_var", with: Self.counter) }
    }
}
