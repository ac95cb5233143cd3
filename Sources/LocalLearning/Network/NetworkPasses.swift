import Tensors

/// The passes of single nodes, on the memory of the step.
extension Network {
    /// The tensors of the block at `position`.
    func tensors(of position: Int, batch: Int) -> BlockTensors {
        let source = description.nodes[position].reads
        return BlockTensors(
            input: memory.output(of: source, batch: batch),
            output: memory.output(of: position, batch: batch),
            workspace: memory.workspace(of: position, batch: batch),
            pooled: memory.pooled(of: position, batch: batch),
            outputGradient: memory.gradient(of: position, batch: batch),
            inputGradient: isChained ? memory.gradient(of: source, batch: batch) : nil)
    }

    private var isChained: Bool { if case .chained = rule.method { true } else { false } }

    /// Runs the node at `position` forward; that of a frozen block always by the running statistics.
    func run(
        _ position: Int, _ mode: PassMode, batch: Int, appliesDropout: Bool = true
    ) throws {
        let input = memory.output(of: description.nodes[position].reads, batch: batch)
        let output = memory.output(of: position, batch: batch)
        switch nodes[position] {
        case .block(let block, _):
            let isFrozen = position < description.frozenNodes
            try block.forward(
                tensors(of: position, batch: batch), isFrozen ? .inference : mode)
        case .maxPool: try backend.maxPool(input, .halving(input.shape), into: output)
        case .meanPool(let geometry, let weights):
            try backend.convolve(
                input, weights, bias: nil, geometry.withBatch(batch), into: output)
        case .averagePool(let size):
            try backend.averagePool(
                input, AveragePoolGeometry(inputShape: input.shape, size: size), into: output)
        case .dropout:
            if appliesDropout {
                try backend.dropout(
                    input, probability: description.options.dropout, key: dropoutKey(position),
                    into: output)
            } else if output.buffer !== input.buffer {
                try backend.copy(input, into: output)
            }
        }
    }

    /// Runs a node that is no block backward: from the gradient of its output to its input's.
    func backward(_ position: Int, batch: Int) throws {
        let source = description.nodes[position].reads
        guard let outputGradient = memory.gradient(of: position, batch: batch),
            let inputGradient = memory.gradient(of: source, batch: batch)
        else { return }
        let input = memory.output(of: source, batch: batch)
        switch nodes[position] {
        case .block: break
        case .maxPool:
            try backend.maxPoolGradient(
                of: outputGradient, input: input, .halving(input.shape), into: inputGradient)
        case .meanPool(let geometry, let weights):
            try backend.convolutionInputGradient(
                of: outputGradient, weights, geometry.withBatch(batch), into: inputGradient)
        case .averagePool(let size):
            try backend.averagePoolGradient(
                of: outputGradient, AveragePoolGeometry(inputShape: input.shape, size: size),
                into: inputGradient)
        case .dropout:
            try backend.dropout(
                outputGradient, probability: description.options.dropout,
                key: dropoutKey(position), into: inputGradient)
        }
    }

    // MARK: Targets

    /// What the losses of a step are taken against.
    func targets(batch: Int) -> Targets {
        Targets(labels.prefix(batch: batch), weights: classWeights)
    }

    /// Readies the class weights for the losses of a step; nothing if there are none.
    func sumClassWeights(batch: Int) throws {
        guard let classWeights else { return }
        try backend.sumLabelWeights(
            labels.prefix(batch: batch), classWeights.values, into: classWeights.sum)
    }

    // MARK: The classifier

    private func features(batch: Int) -> Tensor {
        let shape = description.nodes.last?.outputShape ?? description.inputShape
        return memory.output(of: nodes.indices.last, batch: batch).reshaped([batch, shape.count])
    }

    func classify(batch: Int) throws -> Tensor {
        let logits = memory.logits.prefix(batch: batch)
        try classifier.infer(features(batch: batch), into: logits)
        return logits
    }

    /// Cross-entropy of the classifier's logits, and its gradients: those of the logits stay where
    /// the logits were, and are returned; in a chain, so are those of the last node's output.
    func classifierGradient(
        batch: Int, addingLossTo loss: Tensor, countingCorrectIn correct: Tensor?
    ) throws -> Tensor {
        let logits = try classify(batch: batch)
        if let correct {
            try backend.countCorrect(
                logits, labels.prefix(batch: batch), top: 1, addingTo: correct)
        }
        try backend.crossEntropy(
            logits, targets(batch: batch), CrossEntropyOptions(), gradient: logits,
            addingLossTo: loss)
        try classifier.backward(
            from: logits, features(batch: batch),
            into: isChained ? memory.gradient(of: nodes.indices.last, batch: batch) : nil)
        return logits
    }
}
