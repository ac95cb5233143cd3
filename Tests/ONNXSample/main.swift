// What Scripts/check_onnx compares a runtime of ONNX with:
//     onnx-sample MODEL|FILE.yaml RULE MAX|AVG IMAGES.safetensors OUT
// Draws weights of a network, moves its running statistics by the images, and writes the weights and the
// network's own logits: OUT/weights.safetensors and OUT/logits.safetensors. IMAGES has `pixels`, integers
// `[count, height, width, channels]`, and `normalization`, `[2, channels]`: means and deviations.
import Architectures
import BLASBackend
import FileFormats
import Foundation
import LocalLearning
import Randomness
import Tensors

struct Wrong: Error { let text: String }

func run(_ arguments: [String]) throws {
    guard arguments.count == 5 else { throw Wrong(text: "five arguments are needed") }
    let (name, ruleName, poolName, out) = (
        arguments[0], arguments[1], arguments[2], arguments[4]
    )
    let isFile = name.hasSuffix(".yaml")
    guard
        let architecture = isFile
            ? try Architecture(reading: name) : ModelCatalog.all.first(where: { $0.name == name }),
        let rule = RuleCatalog.all.first(where: { $0.name == ruleName }),
        let pooling = Pooling(rawValue: poolName)
    else { throw Wrong(text: "unknown network, rule or pool") }
    let file = try SafetensorsFile(reading: arguments[3])
    guard let pixels = file["pixels"], pixels.shape.count == 4 else {
        throw Wrong(text: "no pixels")
    }
    let constants = try file.floats("normalization", shape: [2, pixels.shape[3]])
    let (mean, deviation) = (constants.prefix(pixels.shape[3]), constants.suffix(pixels.shape[3]))
    let channels = pixels.shape[3]
    let values = try file.floats("pixels").enumerated().map { index, pixel in
        (pixel / 255 - mean[index % channels]) / deviation[constants.count / 2 + index % channels]
    }

    let network = try Network(
        try NetworkDescription(
            architecture, input: Shape(Array(pixels.shape.dropFirst())), classes: 10, rule: rule,
            NetworkOptions(pooling: pooling)),
        batch: 125, seed: 1, on: BLASBackend())
    let batch = network.batchCapacity
    let sampleSize = values.count / pixels.shape[0]
    guard pixels.shape[0].isMultiple(of: batch) else {
        throw Wrong(text: "\(batch) images make a batch")
    }
    func upload(_ index: Int) throws {
        try network.backend.upload(
            Array(values[(index * batch * sampleSize)..<((index + 1) * batch * sampleSize)]),
            to: network.images)
    }
    // Scales of 1 and shifts of 0 would hide a fault.
    for parameter in network.parameters where parameter.description.shape.rank == 1 {
        let name = parameter.description.name
        guard parameter.description.isTrained else { continue }
        let random = RandomSource(seed: 2, stream: name).uniforms(parameter.description.shape.count)
        if parameter.description.initial == .constant(1) {
            try parameter.set(random.map { 0.75 + $0 })
        } else if parameter.description.initial == .constant(0) {
            try parameter.set(random.map { $0 - 0.5 })
        }
    }
    for index in 0..<min(4, values.count / sampleSize / batch) {
        try upload(index)
        try network.updateStatistics(batch: batch)
    }
    var notes = [
        "lls.model": architecture.name, "lls.rule": rule.name, "lls.pool": pooling.rawValue,
        "lls.classes": try JSONText.line((0..<10).map { "class \($0)" }), "lls.transform": "[]",
        "lls.input": pixels.shape.dropFirst().map(String.init).joined(separator: "x"),
        "lls.normalization": try JSONText.line(["mean": Array(mean), "std": Array(deviation)]),
    ]
    if isFile { notes["lls.network"] = architecture.yaml }
    try network.weights(metadata: notes).write(to: out + "/weights.safetensors")

    var logits: [Float] = []
    for index in 0..<(pixels.shape[0] / batch) {
        try upload(index)
        logits += try network.backend.read(try network.infer(batch: batch))
    }
    var result = SafetensorsFile()
    result["logits"] = SafetensorsFile.Entry(logits, shape: [pixels.shape[0], 10])
    try result.write(to: out + "/logits.safetensors")
}

do { try run(Array(CommandLine.arguments.dropFirst())) } catch {
    FileHandle.standardError.write(Data("onnx-sample: \(error)\n".utf8))
    exit(1)
}
