import Tensors

/// The loop over the blocks of one training step, one after the other on one device. It follows from
/// the rule's method; the rule says how one block learns.
struct SequentialExecutor {
    let network: Network
    let batch: Int
    /// One for each group of the network.
    let optimizers: [any Optimizer]
    /// One for each loss of the network.
    let losses: [Tensor]
    /// Where the classifier's hits are counted.
    let correct: Tensor?

    func step() throws {
        network.batchesTracked += 1
        try network.sumClassWeights(batch: batch)
        switch network.rule.method {
        case .local(let rule): try trainLocally(rule)
        case .direct(let rule): try trainDirectly(rule)
        case .chained(let rule): try trainBackward(rule)
        }
    }

    /// Every block as soon as it has run.
    private func trainLocally(_ rule: any LocalRule) throws {
        var index = 0
        for (position, node) in network.nodes.enumerated() {
            guard case .block(let block, let loss) = node,
                position >= network.description.frozenNodes
            else {
                try network.run(position, .training, batch: batch)
                continue
            }
            guard let loss else {
                preconditionFailure("\(block.description.name) has no local loss")
            }
            try rule.train(context(block, position), loss, addingLossTo: losses[index])
            try optimizers[frozen + index].step()
            index += 1
        }
        _ = try classifierGradient(addingLossTo: losses[index])
        try optimizers[frozen + index].step()
    }

    /// How many blocks, and optimizers, come before those that are trained.
    private var frozen: Int { network.description.options.frozenBlocks }

    /// Every block that the rule trains, from the projected error.
    private func trainDirectly(_ rule: any DirectRule) throws {
        for position in network.nodes.indices {
            try network.run(position, .training, batch: batch)
        }
        let logitsGradient = try classifierGradient(addingLossTo: losses[0])
        let backend = network.backend
        try backend.withScratch([logitsGradient.shape]) { scratch in
            let error = scratch[0]
            try rule.error(
                of: logitsGradient, network.targets(batch: batch), into: error, on: backend)
            for (position, node) in network.nodes.enumerated().reversed()
            where position >= network.description.frozenNodes {
                guard case .block(let block, _) = node, rule.trains(block.description) else {
                    continue
                }
                let context = context(block, position)
                let gradient = context.outputGradient
                try rule.project(error, block.ruleParameters, into: gradient, on: backend)
                try context.backward(from: gradient)
            }
        }
        for (index, block) in network.blocks.enumerated()
        where index >= frozen && rule.trains(block.description) {
            try optimizers[index].step()
        }
        try optimizers[network.blocks.count].step()
    }

    /// Every block from the gradient that the one behind it computed.
    private func trainBackward(_ rule: any ChainedRule) throws {
        for position in network.nodes.indices {
            try network.run(position, .training, batch: batch)
        }
        _ = try classifierGradient(addingLossTo: losses[0])
        for (position, node) in network.nodes.enumerated().reversed()
        where position >= network.description.frozenNodes {
            if case .block(let block, _) = node {
                try rule.backward(context(block, position))
            } else {
                try network.backward(position, batch: batch)
            }
        }
        for optimizer in optimizers.dropFirst(frozen) { try optimizer.step() }
    }

    private func classifierGradient(addingLossTo loss: Tensor) throws -> Tensor {
        try network.classifierGradient(
            batch: batch, addingLossTo: loss, countingCorrectIn: correct)
    }

    private func context(_ block: any Block, _ position: Int) -> BlockContext {
        BlockContext(
            block: block, tensors: network.tensors(of: position, batch: batch),
            targets: network.targets(batch: batch))
    }
}
