import Tensors

extension OpenCLBackend: LossOps {
    public func crossEntropy(
        _ logits: Tensor, _ labels: Tensor, _ options: CrossEntropyOptions,
        gradient: Tensor?, addingLossTo total: Tensor
    ) throws {
        checkLogits(logits, labels, total, .float32)
        precondition(
            gradient.map { $0.shape == logits.shape } ?? true,
            "gradient of \(logits.shape) into \(gradient?.shape.description ?? "")")
        try withRowResults(of: logits, "add_mean", into: .tensor(total)) { losses, shape in
            try launch(
                .loss, "cross_entropy", defines: defines(shape), over: shape,
                [
                    .tensor(logits), .integers(labels), .tensor(gradient ?? logits),
                    .tensor(losses), .int(logits.shape[0]), .int(logits.shape[1]),
                    .float(options.temperature), .float(options.labelSmoothing),
                    .int(gradient == nil ? 0 : 1), shape.numbers,
                ])
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

    public func oneHot(_ labels: Tensor, value: Float, into output: Tensor) throws {
        precondition(
            output.shape.rank == 2 && labels.shape == [output.shape[0]],
            "labels \(labels.shape) into \(output.shape)")
        guard output.count > 0 else { return }
        let shape = launchShape(elements: output.count)
        try launch(
            .loss, "one_hot", defines: defines(shape), over: shape,
            [
                .integers(labels), .tensor(output), .int(output.count), .int(shape.rowsPerItem),
                .int(output.shape[1]), .float(value),
            ])
    }

    /// Has `body` compute one value for each row of `samples`, and adds them up by `kernel`.
    func withRowResults(
        of samples: Tensor, _ kernel: String, into total: KernelArgument,
        _ body: (Tensor, LaunchShape) throws -> Void
    ) throws {
        let rows = samples.shape[0]
        guard samples.count > 0 else { return }
        let final = launchShape(samples: 1, features: rows)
        try withScratch([[rows]]) { scratch in
            try body(scratch[0], launchShape(samples: rows, features: samples.shape[1]))
            try launch(
                .loss, kernel, defines: defines(final), over: final,
                [.tensor(scratch[0]), total, .int(rows), final.numbers])
        }
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
