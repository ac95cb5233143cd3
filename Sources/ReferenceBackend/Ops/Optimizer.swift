import Tensors

extension ReferenceBackend {
    public func updateSGD(
        _ parameters: Tensor, gradient: Tensor, momentum: Tensor, _ step: SGDStep
    ) throws {
        checkSameShapes([parameters, gradient, momentum])
        let (p, g, m) = (parameters.elements, gradient.elements, momentum.elements)
        let (rate, decay, kept) = (Double(step.rate), Double(step.decay), Double(step.momentum))
        for index in 0..<parameters.count {
            let decayed = g[index] + decay * p[index]
            m[index] = step.isFirst ? decayed : kept * m[index] + decayed
            p[index] -= rate * (step.nesterov ? decayed + kept * m[index] : m[index])
        }
    }

    public func updateAdam(
        _ parameters: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor,
        _ step: AdamStep
    ) throws {
        checkSameShapes([parameters, gradient, firstMoment, secondMoment])
        let (p, g) = (parameters.elements, gradient.elements)
        let (m, v) = (firstMoment.elements, secondMoment.elements)
        let (rate, decay, epsilon) = (Double(step.rate), Double(step.decay), Double(step.epsilon))
        let beta2 = Double(step.beta2)
        let (complement1, complement2) = (
            Double(step.beta1Complement), Double(step.beta2Complement)
        )
        for index in 0..<parameters.count {
            if step.decoupled { p[index] -= rate * decay * p[index] }
            let decayed = g[index] + (step.decoupled ? 0 : decay * p[index])
            m[index] += complement1 * (decayed - m[index])
            v[index] = beta2 * v[index] + complement2 * decayed * decayed
            let deviation = (v[index] / Double(step.correction2)).squareRoot()
            p[index] -= rate / Double(step.correction1) * m[index] / (deviation + epsilon)
        }
    }

    public func updateScheduleFree(
        _ parameters: Tensor, gradient: Tensor, iterate: Tensor, secondMoment: Tensor?,
        _ step: ScheduleFreeStep
    ) throws {
        checkSameShapes([parameters, gradient, iterate] + [secondMoment].compactMap { $0 })
        let (y, g, z) = (parameters.elements, gradient.elements, iterate.elements)
        let (rate, decay, averaging) = (
            Double(step.rate), Double(step.decay), Double(step.averaging)
        )
        let (beta2, complement2) = (Double(step.beta2), Double(step.beta2Complement))
        for index in 0..<parameters.count {
            var scaled = g[index]
            if let v = secondMoment?.elements {
                v[index] = beta2 * v[index] + complement2 * g[index] * g[index]
                scaled /= v[index].squareRoot() + Double(step.epsilon)
            }
            scaled += decay * y[index]
            y[index] += averaging * (z[index] - y[index])
            y[index] -= Double(step.parameterRate) * scaled
            z[index] -= rate * scaled
        }
    }

    public func interpolate(_ tensor: Tensor, toward end: Tensor, by weight: Float) throws {
        checkSameShapes([tensor, end])
        let (x, y) = (tensor.elements, end.elements)
        for index in 0..<tensor.count { x[index] += Double(weight) * (y[index] - x[index]) }
    }

    private func checkSameShapes(_ tensors: [Tensor]) {
        for tensor in tensors.dropFirst() { checkSameShape(tensors[0], tensor, "update") }
    }
}
