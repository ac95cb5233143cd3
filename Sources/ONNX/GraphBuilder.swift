import Datasets
import FileFormats
import Foundation
import LocalLearning
import Tensors

/// Turns the nodes of a network into those of an ONNX graph, one after the other.
///
/// A value has the name of the node that makes it. Images are `[batch, channels, height, width]` in
/// between, and weights lie as in PyTorch's files, which is ONNX's order.
struct GraphBuilder {
    let network: NetworkDescription
    let weights: SafetensorsFile
    let options: ONNXOptions
    private(set) var graph = GraphProto()
    /// The value that the next node reads.
    private(set) var value = Self.inputName

    static let inputName = "images"

    init(_ network: NetworkDescription, _ weights: SafetensorsFile, _ options: ONNXOptions) {
        self.network = network
        self.weights = weights
        self.options = options
    }

    /// - Throws: `FileError` for weights that no network has.
    mutating func build() throws(FileError) {
        graph.name = network.architecture.name
        let output = describeEnds()
        if let normalization = options.normalization { normalize(normalization) }
        let images = value
        var outputs: [String] = []
        for node in network.nodes {
            value = node.reads.map { outputs[$0] } ?? images
            try append(node)
            outputs.append(value)
        }
        if (network.nodes.last?.outputShape ?? network.inputShape).rank != 1 {
            // Without a pool before it, the classifier reads pixels with all their channels.
            add("Transpose", "pixels_last", [.ints("perm", [0, 2, 3, 1])])
            add("Flatten", "features")
        }
        try append(network.classifier)
        if options.normalization != nil { add("Softmax", output, [.int("axis", -1)]) }
        finish(as: output)
    }

    /// Says what the input and the output are, and returns the output's name.
    private mutating func describeEnds() -> String {
        let size = network.inputShape
        let (height, width, channels) = (size[0], size[1], size[2])
        let isRaw = options.normalization != nil
        let colours = channels == 3 ? ", red before green and blue" : ""
        graph.input = [
            isRaw
                ? .value(
                    Self.inputName, .uint8, [height, width, channels],
                    "Pixels from 0 to 255, rows from the top\(colours).")
                : .value(
                    Self.inputName, .float, [channels, height, width],
                    "Pixels from 0 to 1, less their channel's mean and divided by its standard "
                        + "deviation\(colours).")
        ]
        let output =
            isRaw ? ("probabilities", "Of each class.") : ("logits", "Softmax makes probabilities.")
        graph.output = [.value(output.0, .float, [network.classes], output.1)]
        return output.0
    }

    /// `(pixel / 255 - mean) / deviation`, as `(pixel - 255 · mean) / (255 · deviation)`.
    private mutating func normalize(_ normalization: Normalization) {
        func constants(_ values: [Float], _ name: String) -> String {
            add(values.map { Float(255 * Double($0)) }, [values.count, 1, 1], as: name)
        }
        let mean = constants(normalization.mean, "normalization.mean")
        let deviation = constants(
            normalization.standardDeviation, "normalization.standard_deviation")
        add("Cast", "pixels", [.int("to", TensorProto.DataType.float.rawValue)])
        add("Transpose", "channels_first", [.ints("perm", [0, 3, 1, 2])])
        add("Sub", "centred", reading: [mean])
        add("Div", "normalized", reading: [deviation])
    }

    private mutating func append(_ node: NetworkDescription.Node) throws(FileError) {
        switch node.operation {
        case .block(let block): try append(block)
        case .maxPool: pool("MaxPool", node.name, [2, 2])
        case .meanPool(let geometry):
            pool("AveragePool", node.name, [geometry.kernelHeight, geometry.kernelWidth])
        case .averagePool(let size): averagePool(node, size)
        // Nothing is dropped in inference.
        case .dropout: break
        }
    }

    private mutating func append(_ block: BlockDescription) throws(FileError) {
        let input = value
        for layer in block.layers { try append(layer) }
        if let shortcut = block.shortcut {
            var side = input
            if case .layer(let layer) = shortcut {
                let output = value
                value = input
                try append(layer)
                (side, value) = (value, output)
            }
            add("Add", block.name + ".sum", reading: [side])
            activate(block.activation, block.name + ".activation")
        }
        if block.maxPools { pool("MaxPool", block.name + ".max_pool", [2, 2]) }
    }

    // MARK: Pools

    /// Windows that do not overlap; rows and columns that fill none are dropped.
    private mutating func pool(_ kind: String, _ name: String, _ window: [Int]) {
        add(kind, name, [.ints("kernel_shape", window), .ints("strides", window)])
    }

    /// Flattens in the order (channel, row, column), as the network does.
    private mutating func averagePool(_ node: NetworkDescription.Node, _ size: Int) {
        let pool = AveragePoolGeometry(
            inputShape: Shape([1] + node.inputShape.dimensions), size: size)
        let (rows, columns) = (pool.rows, pool.columns)
        if size == 1 {
            add("GlobalAveragePool", node.name)
        } else if rows.length.isMultiple(of: size), columns.length.isMultiple(of: size) {
            self.pool(
                "AveragePool", node.name, [rows.length / size, columns.length / size])
        } else {
            // Windows of several sizes, which ONNX has no pool for: a mean is a product.
            let left = add(shares(rows), [size, rows.length], as: node.name + ".row_shares")
            add("MatMul", node.name + ".rows", inputs: [left, value])
            let right = transposed(shares(columns), rows: size)
            add(
                "MatMul", node.name,
                reading: [add(right, [columns.length, size], as: node.name + ".column_shares")])
        }
        add("Flatten", node.name + ".features")
    }

    /// `[windows, elements]`: what an element contributes to the mean of each window.
    private func shares(_ windows: AdaptiveWindows) -> [Float] {
        (0..<windows.count).flatMap { index in
            let window = windows[index]
            return (0..<windows.length).map { window.contains($0) ? 1 / Float(window.count) : 0 }
        }
    }

    private func transposed(_ matrix: [Float], rows: Int) -> [Float] {
        let columns = matrix.count / rows
        return (0..<columns).flatMap { column in (0..<rows).map { matrix[$0 * columns + column] } }
    }

    // MARK: Parts of the graph

    mutating func activate(_ activation: Activation, _ name: String) {
        switch activation {
        case .identity: break
        case .leakyReLU(slope: 0): add("Relu", name)
        case .leakyReLU(let slope): add("LeakyRelu", name, [.float("alpha", slope)])
        case .tanh: add("Tanh", name)
        }
    }

    /// A node that reads the last value, and others behind it; its output is the last value then.
    mutating func add(
        _ kind: String, _ name: String, reading others: [String] = [],
        _ attributes: [AttributeProto] = []
    ) {
        add(kind, name, inputs: [value] + others, attributes)
    }

    mutating func add(
        _ kind: String, _ name: String, inputs: [String], _ attributes: [AttributeProto] = []
    ) {
        graph.node.append(
            .with {
                $0.opType = kind
                $0.name = name
                $0.input = inputs
                $0.output = [name]
                $0.attribute = attributes
            })
        value = name
    }

    /// Adds a constant tensor and returns its name.
    @discardableResult
    mutating func add(_ values: [Float], _ shape: [Int], as name: String) -> String {
        graph.initializer.append(.floats(values, shape, name))
        return name
    }

    /// Gives the last value the name of the graph's output.
    private mutating func finish(as output: String) {
        graph.node[graph.node.count - 1].output = [output]
        value = output
    }
}
