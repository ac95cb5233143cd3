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

    /// Sets all parameters, and the projections of direct feedback.
    ///
    /// - Throws: `FileError` where a tensor is missing, is one too many, has another shape, or holds
    ///   what is no finite number; then nothing has been set.
    public func load(_ file: SafetensorsFile) throws {
        func wrong(_ name: String, _ reason: String) -> FileError {
            .malformed(file.path, field: "tensor '\(name)'", offset: 8, reason)
        }
        let saved = saved
        let values = try saved.map { name, parameter in
            let values = try file.floats(name, shape: parameter.description.fileShape.dimensions)
            guard values.allSatisfy(\.isFinite) else {
                throw wrong(name, "it holds what is no finite number")
            }
            return values
        }
        let known = Set(saved.map(\.name) + counters + unreadBiases)
        if let extra = file.entries.keys.filter({ !known.contains($0) }).min() {
            throw wrong(extra, "\(architecture.name) has no such tensor")
        }
        let updates = try counters.compactMap { name in
            file[name] == nil ? nil : try file.integers(name).first
        }
        for ((_, parameter), values) in zip(saved, values) {
            try parameter.set(values, on: backend)
        }
        statisticsUpdates = updates.max() ?? 0
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
