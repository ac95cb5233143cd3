import Architectures
import FileFormats
import LocalLearning

/// The convolutions and batch norms of one of torchvision's VGG networks, under the names of a network
/// here.
///
/// torchvision numbers the layers of `features`: a convolution, the batch norm behind it, an activation
/// without tensors, and perhaps a pool.
struct TorchvisionFeatures {
    let file: SafetensorsFile
    /// How many convolutions there are.
    let count: Int

    /// - Throws: `FileError` if the file has no such layers; ``WeightsMismatchError`` if they are of
    ///   another shape than the network's first ones.
    init(_ reader: SafetensorsReader, as architecture: Architecture) throws {
        // What a network takes is known by its input and its classes; convolutions depend on neither.
        let description = try NetworkDescription(
            architecture, input: [224, 224, 3], classes: 2, rule: Backpropagation())
        let places = reader.shapes.compactMap { name, shape -> Int? in
            guard shape.count == 4, name.hasPrefix("features."), name.hasSuffix(".weight") else {
                return nil
            }
            return Int(name.dropFirst(9).dropLast(7))
        }.sorted()
        guard !places.isEmpty else {
            throw FileError.malformed(
                reader.path, field: "header", offset: 8,
                "it has no tensor such as features.0.weight",
                advice: "Take the state of torchvision's vgg11_bn, saved as safetensors.")
        }
        let layers = description.blocks.prefix { block in
            block.layers.allSatisfy { if case .convolution = $0.map { true } else { false } }
        }.flatMap(\.layers)
        guard layers.count == places.count else {
            throw FileError.malformed(
                reader.path, field: "header", offset: 8,
                "it has \(places.count) convolutions, and \(architecture.name) has \(layers.count)",
                advice: "Name the network that it is of with --as.")
        }
        var names: [String: String] = [:]
        for (place, layer) in zip(places, layers) {
            for tensor in ["weight", "bias"] {
                names["features.\(place).\(tensor)"] = "\(layer.name).\(tensor)"
            }
            guard let norm = layer.norm else { continue }
            for tensor in ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"] {
                names["features.\(place + 1).\(tensor)"] = "\(norm.name).\(tensor)"
            }
        }
        var card = ModelCard()
        card.model = architecture.name
        card.network = architecture.yaml
        // Of torchvision's own training.
        card.normalization = ModelCard.Constants(
            mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
        let source = try reader.readAll()
        var file = SafetensorsFile(metadata: card.metadata)
        for (theirs, ours) in names {
            guard let entry = source[theirs] else { continue }
            file[ours] = entry
        }
        let needed = description.tensorShapes
        let wanted = Set(names.values).subtracting(description.optionalTensors)
        let differences = wanted.sorted().compactMap { name -> WeightsMismatchError.Difference? in
            file[name]?.shape == needed[name]
                ? nil : .init(name, found: file[name]?.shape, needed: needed[name])
        }
        guard differences.isEmpty else {
            throw WeightsMismatchError(
                path: reader.path, network: architecture.name, shapes: reader.shapes,
                differences: differences)
        }
        self.file = file
        count = places.count
    }
}
