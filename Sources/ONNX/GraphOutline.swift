/// A model's graph in plain terms, for tests.
package struct GraphOutline {
    package struct Node {
        package let kind, name: String
        package let inputs: [String]
        package let output: String
        /// Numbers by attribute; one for what is no list.
        package let attributes: [String: [Double]]
    }

    package let inputs, outputs: [String]
    package let nodes: [Node]
    /// Values and shapes by name.
    package let constants: [String: (values: [Float], shape: [Int])]
}

extension ONNXModel {
    package var outline: GraphOutline {
        let graph = message.graph
        let constants = graph.initializer.map { tensor in
            (tensor.name, (tensor.floats, tensor.dims.map { Int($0) }))
        }
        return GraphOutline(
            inputs: graph.input.map(\.name), outputs: graph.output.map(\.name),
            nodes: graph.node.map { node in
                GraphOutline.Node(
                    kind: node.opType, name: node.name, inputs: node.input,
                    output: node.output.first ?? "",
                    attributes: Dictionary(node.attribute.map { ($0.name, $0.numbers) }) { $1 })
            },
            constants: Dictionary(constants) { $1 })
    }
}

extension AttributeProto {
    fileprivate var numbers: [Double] {
        switch type {
        case .int: [Double(i)]
        case .float: [Double(f)]
        default: ints.map(Double.init)
        }
    }
}

extension TensorProto {
    fileprivate var floats: [Float] {
        rawData.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map {
                Float(
                    bitPattern: UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
    }
}
