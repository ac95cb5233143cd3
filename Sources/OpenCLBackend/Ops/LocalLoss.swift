import Tensors

// `LocalLossOps` asks for the matrix product too, so that its conformance stands with the backend's.
extension OpenCLBackend {
    /// Classes up to which one kernel does it all; of more, matrix products are faster.
    static var mostFusedClasses: Int { 64 }

    func fusedSynchronizationLoss(
        _ pooled: Tensor, basis: Tensor, _ labels: Tensor, _ options: CrossEntropyOptions,
        into pooledGradient: Tensor, addingLossTo total: Tensor
    ) throws {
        try withRowResults(of: pooled, "add_mean", into: total) { losses, grid in
            try launch(
                .localLoss, "synchronization_loss", defines: defines(grid),
                [
                    .tensor(pooled), .tensor(basis), .tensor(labels), .tensor(pooledGradient),
                    .tensor(losses), .int(pooled.shape[0]), .int(pooled.shape[1]),
                    .int(basis.shape[0]), .float(options.temperature),
                    .float(options.labelSmoothing), .float(Self.smallestNorm),
                ], global: grid.global, local: grid.local)
        }
    }
}
