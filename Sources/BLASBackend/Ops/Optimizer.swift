import CVectorLoops
import Tensors

extension BLASBackend {
    public func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep
    ) throws {
        checkSameShapes([parameters, gradient, momentum])
        let (p, g, m) = (parameters.floats, gradient.floats, momentum.floats)
        let vector = vector_sgd_step(
            rate: step.rate, momentum: step.momentum, decay: step.decay, nesterov: step.nesterov,
            is_first: step.isFirst)
        overElements(parameters.count) { range in
            let start = range.lowerBound
            vector_sgd(p + start, g + start, m + start, range.count, vector)
        }
    }

    public func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep
    ) throws {
        checkSameShapes([parameters, gradient, firstMoment, secondMoment])
        let (p, g) = (parameters.floats, gradient.floats)
        let (m, v) = (firstMoment.floats, secondMoment.floats)
        let vector = vector_adam_step(
            rate: step.rate / step.correction1, beta1_complement: step.beta1Complement,
            beta2: step.beta2, beta2_complement: step.beta2Complement, epsilon: step.epsilon,
            decay: step.decoupled ? 0 : step.decay,
            shrinkage: step.decoupled ? step.rate * step.decay : 0,
            correction2: step.correction2)
        overElements(parameters.count) { range in
            let start = range.lowerBound
            vector_adam(p + start, g + start, m + start, v + start, range.count, vector)
        }
    }

    public func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep
    ) throws {
        checkSameShapes([parameters, gradient, iterate] + [secondMoment].compactMap { $0 })
        let (y, g, z) = (parameters.floats, gradient.floats, iterate.floats)
        let v = secondMoment?.floats
        let vector = vector_schedule_free_step(
            rate: step.rate, parameter_rate: step.parameterRate, beta2: step.beta2,
            beta2_complement: step.beta2Complement, epsilon: step.epsilon, decay: step.decay,
            averaging: step.averaging)
        overElements(parameters.count) { range in
            let start = range.lowerBound
            vector_schedule_free(
                y + start, g + start, z + start, v.map { $0 + start }, range.count, vector)
        }
    }

    public func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) throws {
        checkSameShapes([tensor, end])
        let (x, y) = (tensor.floats, end.floats)
        overElements(tensor.count) { range in
            vector_interpolate(x + range.lowerBound, y + range.lowerBound, weight, range.count)
        }
    }

    private func checkSameShapes(_ tensors: [Tensor]) {
        for tensor in tensors.dropFirst() { checkSameShape(tensors[0], tensor, "update") }
    }
}
