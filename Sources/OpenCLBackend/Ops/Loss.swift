import KernelSources
import Tensors

extension OpenCLBackend: LossOps {
    public func crossEntropy(
        _ logits: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
        gradient: Tensor?, addingLossTo total: Tensor
    ) throws {
        checkLogits(logits, targets.labels, total, .float32)
        targets.checkWeights(classes: logits.shape[1])
        precondition(
            gradient.map { $0.shape == logits.shape } ?? true,
            "gradient of \(logits.shape) into \(gradient?.shape.description ?? "")")
        try withRowLosses(of: logits, targets, addedTo: total) { losses, shape in
            try launch(
                .loss, "cross_entropy", defines: defines(shape, targets), over: shape,
                [
                    .tensor(logits), .integers(targets.labels), .tensor(gradient ?? logits),
                    .tensor(losses), .int(logits.shape[0]), .int(logits.shape[1]),
                    .float(options.temperature), .float(options.labelSmoothing),
                    .int(gradient == nil ? 0 : 1), shape.numbers,
                ] + targets.weightArguments)
        }
    }

    public func countCorrect(
        _ logits: Tensor, _ labels: Tensor, top: Int, addingTo total: Tensor
    ) throws {
        checkLogits(logits, labels, total, .int32)
        try withRowResults(of: logits, "add_count", into: .integers(total)) { correct, shape in
            try launch(
                .loss, "count_correct", defines: defines(shape), over: shape,
                [
                    .tensor(logits), .integers(labels), .tensor(correct), .int(logits.shape[0]),
                    .int(logits.shape[1]), .int(top), shape.numbers,
                ])
        }
    }

    public func sumLabelWeights(
        _ labels: Tensor, _ weights: Tensor, into sum: Tensor
    ) throws {
        precondition(
            labels.shape.rank == 1 && weights.shape.rank == 1 && sum.shape == [1],
            "weights \(weights.shape) of labels \(labels.shape) into \(sum.shape)")
        let shape = launchShape(samples: 1, features: labels.count)
        try launch(
            .loss, "sum_label_weights", defines: defines(shape), over: shape,
            [
                .integers(labels), .tensor(weights), .tensor(sum), .int(labels.count),
                .int(weights.count), shape.numbers,
            ])
    }

    public func oneHot(_ targets: Targets, value: Float, into output: Tensor) throws {
        precondition(
            output.shape.rank == 2 && targets.labels.shape == [output.shape[0]],
            "labels \(targets.labels.shape) into \(output.shape)")
        targets.checkWeights(classes: output.shape[1])
        guard output.count > 0 else { return }
        let shape = launchShape(elements: output.count)
        try launch(
            .loss, "one_hot", defines: defines(shape, targets), over: shape,
            [
                .integers(targets.labels), .tensor(output), .int(output.count),
                .int(shape.rowsPerItem), .int(output.shape[1]), .float(value),
            ] + targets.weightArguments)
    }

    /// Has `body` compute one loss for each row of `samples`, and adds their mean to `total`.
    func withRowLosses(
        of samples: Tensor, _ targets: Targets, addedTo total: Tensor,
        _ body: (Tensor, LaunchShape) throws -> Void
    ) throws {
        try withRowResults(of: samples, "add_mean", targets, into: .tensor(total), body)
    }

    /// Has `body` compute one value for each row of `samples`, and adds them up by `kernel`.
    ///
    /// - Parameter targets: whose weights `kernel` knows; nil if it knows none.
    private func withRowResults(
        of samples: Tensor, _ kernel: String, _ targets: Targets? = nil,
        into total: KernelArgument, _ body: (Tensor, LaunchShape) throws -> Void
    ) throws {
        let rows = samples.shape[0]
        guard samples.count > 0 else { return }
        let final = launchShape(samples: 1, features: rows)
        try withScratch([[rows]]) { scratch in
            try body(scratch[0], launchShape(samples: rows, features: samples.shape[1]))
            try launch(
                .loss, kernel, defines: defines(final, targets), over: final,
                [.tensor(scratch[0]), total, .int(rows), final.numbers]
                    + (targets?.weightArguments ?? []))
        }
    }

    /// The constants of a kernel that may know class weights.
    func defines(_ shape: LaunchShape, _ targets: Targets?) -> [KernelDefine] {
        defines(shape) + (targets?.weights == nil ? [] : [KernelDefine("WEIGHTED", 1)])
    }

    private func checkLogits(
        _ logits: Tensor, _ labels: Tensor, _ total: Tensor, _ type: ElementType
    ) {
        precondition(
            logits.shape.rank == 2 && labels.shape == [logits.shape[0]]
                && labels.elementType == .int32 && total.shape == [1]
                && total.elementType == type,
            "logits \(logits.shape) with labels \(labels.shape) added to \(total.shape)")
    }
}

extension Targets {
    /// The last arguments of a kernel that was compiled with `WEIGHTED`; none without weights.
    var weightArguments: [KernelArgument] {
        weights.map { [.tensor($0.values), .tensor($0.sum)] } ?? []
    }
}
