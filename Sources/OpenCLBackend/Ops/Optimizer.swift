import Tensors

extension OpenCLBackend: OptimizerOps {
    public func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep
    ) throws {
        try update(
            "update_sgd", [parameters, gradient, momentum],
            [
                .float(step.rate), .float(step.momentum), .float(step.decay),
                .int(step.nesterov ? 1 : 0), .int(step.isFirst ? 1 : 0),
            ])
    }

    public func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep
    ) throws {
        try update(
            "update_adam", [parameters, gradient, firstMoment, secondMoment],
            [
                .float(step.rate), .float(step.beta1), .float(step.beta2), .float(step.epsilon),
                .float(step.decoupled ? 0 : step.decay),
                .float(step.decoupled ? step.rate * step.decay : 0),
                .float(step.correction1), .float(step.correction2),
            ])
    }

    public func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep
    ) throws {
        let state = [parameters, gradient, iterate]
        if let secondMoment {
            try update(
                "update_schedule_free_adam", state + [secondMoment],
                [
                    .float(step.rate), .float(step.beta1), .float(step.beta2),
                    .float(step.epsilon), .float(step.decay), .float(step.averaging),
                ])
        } else {
            try update(
                "update_schedule_free_sgd", state,
                [
                    .float(step.rate), .float(step.beta1), .float(step.decay),
                    .float(step.averaging),
                ])
        }
    }

    public func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) throws {
        try update("interpolate", [tensor, end], [.float(weight)])
    }

    private func update(_ kernel: String, _ tensors: [Tensor], _ scalars: [KernelArgument]) throws {
        precondition(
            tensors.allSatisfy { $0.shape == tensors[0].shape },
            "\(kernel) of tensors of different shapes: \(tensors.map(\.shape))")
        try map(.optimizer, kernel, tensors, count: tensors[0].count, scalars)
    }
}
