import Tensors

extension OperationCatalog {
    static func optimizer(_ size: Size) -> [OperationCase] {
        (size == .full ? extents(size) + [70_001] : [9]).flatMap { count in
            [
                sgd(count, SGDStep(rate: 0.1, momentum: 0.9, isFirst: true)),
                sgd(count, SGDStep(rate: 0.1, momentum: 0.9, decay: 0.01, isFirst: false)),
                sgd(
                    count,
                    SGDStep(rate: 0.05, momentum: 0.8, decay: 0.1, nesterov: true, isFirst: false)),
                adam(count, decoupled: false), adam(count, decoupled: true),
                scheduleFree(count, isScaled: true), scheduleFree(count, isScaled: false),
                interpolation(count, weight: 0.3), interpolation(count, weight: -9),
            ]
        }
    }

    private static func sgd(_ count: Int, _ step: SGDStep) -> OperationCase {
        OperationCase(
            "optimizer/SGD",
            "\(count)\(step.isFirst ? ", first step" : "")\(step.nesterov ? ", Nesterov" : "")"
        ) {
            [
                .updated("parameters", [count]), .source("gradient", [count]),
                step.isFirst ? .result("momentum", [count]) : .updated("momentum", [count]),
            ]
        } body: { backend, t in
            try backend.updateSGD(t.parameters, gradient: t.gradient, momentum: t.momentum, step)
        } bounds: { data in
            let (rate, decay, kept) = (
                Double(step.rate), Double(step.decay), Double(step.momentum)
            )
            let (p, g) = (data.before.parameters, data.before.gradient)
            let decayed = p.indices.map { abs(g[$0]) + decay * abs(p[$0]) }
            let momentum = decayed.indices.map {
                decayed[$0] + (step.isFirst ? 0 : kept * abs(data.before.momentum[$0]))
            }
            // m has three products and two sums; p has two more of each.
            return [
                "momentum": momentum.map { Rounding.sum(of: 3, magnitude: $0) },
                "parameters": p.indices.map {
                    let change = step.nesterov ? decayed[$0] + kept * momentum[$0] : momentum[$0]
                    return Rounding.sum(of: 5, magnitude: abs(p[$0]) + rate * change)
                },
            ]
        }
    }

    private static func adam(_ count: Int, decoupled: Bool) -> OperationCase {
        let step = AdamStep(
            rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.02,
            correction1: 1 - 0.729, correction2: 1 - 0.997_002_999, decoupled: decoupled)
        return OperationCase("optimizer/Adam", "\(count)\(decoupled ? ", decoupled decay" : "")") {
            [
                .updated("parameters", [count]), .source("gradient", [count]),
                .updated("firstMoment", [count]), .updated("secondMoment", [count], in: 0.01...1),
            ]
        } body: { backend, t in
            try backend.updateAdam(
                t.parameters, gradient: t.gradient, firstMoment: t.firstMoment,
                secondMoment: t.secondMoment, step)
        } bounds: { data in
            let (before, after) = (data.before, data.after)
            let (share1, share2) = (
                Double(step.beta1Complement), Double(step.beta2Complement)
            )
            let rate = Double(step.rate) / Double(step.correction1)
            var bounds: [String: [Double]] = [:]
            for i in 0..<count {
                let decay = decoupled ? 0 : Double(step.decay) * abs(before.parameters[i])
                let gradient = abs(before.gradient[i]) + decay
                let first = Rounding.sum(
                    of: 4,
                    magnitude: (1 + share1) * abs(before.firstMoment[i])
                        + share1 * gradient)
                let second = Rounding.sum(
                    of: 5,
                    magnitude: Double(step.beta2) * before.secondMoment[i]
                        + share2 * gradient * gradient)
                // √(v/c) has half the relative error of v/c, and errors of its own.
                let v = after.secondMoment[i]
                let deviation = (v / Double(step.correction2)).squareRoot()
                let relative =
                    second / (2 * v) + Rounding.division + Rounding.squareRoot
                    + 2 * Rounding.division + 4 * Rounding.unitRoundoff
                let change = rate / (deviation + Double(step.epsilon))
                let parameter =
                    change * (first + abs(after.firstMoment[i]) * relative)
                    + Rounding.sum(
                        of: 3,
                        magnitude: abs(before.parameters[i])
                            + change * abs(after.firstMoment[i]))
                bounds["firstMoment", default: []].append(first)
                bounds["secondMoment", default: []].append(second)
                bounds["parameters", default: []].append(parameter)
            }
            return bounds
        }
    }

    private static func scheduleFree(_ count: Int, isScaled: Bool) -> OperationCase {
        let step = ScheduleFreeStep(rate: 0.05, beta1: 0.9, decay: 0.01, averaging: 0.25)
        return OperationCase("optimizer/schedule-free", "\(isScaled ? "Adam" : "SGD") \(count)") {
            [.updated("parameters", [count]), .updated("iterate", [count])]
                + (isScaled
                    ? [
                        .source("gradient", [count]),
                        .updated("secondMoment", [count], in: 0.01...1),
                    ] : [.source("gradient", [count])])
        } body: { backend, t in
            try backend.updateScheduleFree(
                t.parameters, gradient: t.gradient, iterate: t.iterate,
                secondMoment: isScaled ? t.secondMoment : nil, step)
        } bounds: { data in
            let (y, z, g) = (
                data.before.parameters, data.before.iterate, data.before.gradient
            )
            let (rate, averaging) = (Double(step.rate), Double(step.averaging))
            let factor = Double(step.parameterRate)
            var bounds: [String: [Double]] = [:]
            for i in 0..<count {
                var (gradient, error) = (abs(g[i]), 0.0)
                if isScaled {
                    // v is a sum of two positive terms of three roundings each.
                    let v = data.after.secondMoment[i]
                    bounds["secondMoment", default: []].append(Rounding.sum(of: 3, magnitude: v))
                    gradient /= v.squareRoot() + Double(step.epsilon)
                    error =
                        gradient
                        * (3 * Rounding.unitRoundoff + Rounding.squareRoot + Rounding.division
                            + 2 * Rounding.unitRoundoff)
                }
                gradient += Double(step.decay) * abs(y[i])
                error += Rounding.sum(of: 2, magnitude: gradient)
                let averaged = (1 + averaging) * abs(y[i]) + averaging * abs(z[i])
                bounds["parameters", default: []].append(
                    factor * error + Rounding.sum(of: 5, magnitude: averaged + factor * gradient))
                bounds["iterate", default: []].append(
                    rate * error + Rounding.sum(of: 2, magnitude: abs(z[i]) + rate * gradient))
            }
            return bounds
        }
    }

    private static func interpolation(_ count: Int, weight: Float) -> OperationCase {
        OperationCase("optimizer/interpolate", "\(count) by \(weight)") {
            [.updated("tensor", [count]), .source("end", [count])]
        } body: { backend, t in
            try backend.interpolate(t.tensor, toward: t.end, by: weight)
        } bounds: { data in
            let magnitudes = zip(data.before.tensor, data.before.end).map {
                abs($0) + abs(Double(weight)) * (abs($0) + abs($1))
            }
            return ["tensor": magnitudes.map { Rounding.sum(of: 3, magnitude: $0) }]
        }
    }
}
