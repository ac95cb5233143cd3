import Tensors
import Testing

/// Optimizers that are made of the contract's elementwise operations alone, on every backend.
struct ElementwiseOptimizerTests {
    private static let count = 1_003
    private static let rate = 0.01, beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8, decay = 0.1

    private static func values(_ stream: Int) -> [Float] {
        (0..<count).map { Float(($0 * 37 + stream * 11) % 101 - 50) / 64 }
    }

    private func nearlyEqual(_ values: [Float], _ expected: [Double]) -> Bool {
        zip(values, expected).allSatisfy { abs(Double($0) - $1) <= 1e-6 * max(1, abs($1)) }
    }

    @Test(arguments: TestedBackend.all)
    func adam(tested: TestedBackend) throws {
        let backend = try tested.open()
        let start = Self.values(0)
        let (parameters, expected) = (
            try backend.makeTensor([Self.count], start), try backend.makeTensor([Self.count], start)
        )
        let state = try (0..<5).map { _ in try backend.makeTensor([Self.count]) }
        let (m, v, root, fusedM, fusedV) = (state[0], state[1], state[2], state[3], state[4])
        for tensor in [m, v, fusedM, fusedV] { try backend.fill(tensor, with: 0) }
        var (power1, power2) = (1.0, 1.0)
        for step in 1...3 {
            let g = try backend.makeTensor([Self.count], Self.values(step))
            power1 *= Self.beta1
            power2 *= Self.beta2
            let (correction1, correction2) = (1 - power1, 1 - power2)

            try backend.scaleAdd(Float(1 - Self.beta1), g, Float(Self.beta1), into: m)
            try backend.multiplyAdd(Float(1 - Self.beta2), g, g, Float(Self.beta2), into: v)
            try backend.squareRoot(v, into: root)
            // √(v / c₂) + ε, multiplied by √c₂.
            let scale = correction2.squareRoot()
            try backend.divideAdd(
                Float(-Self.rate * scale / correction1), m, root,
                epsilon: Float(Self.epsilon * scale), 1, into: parameters)

            try backend.updateAdam(
                expected, gradient: g, firstMoment: fusedM, secondMoment: fusedV,
                AdamStep(
                    rate: Self.rate, beta1: Self.beta1, beta2: Self.beta2, epsilon: Self.epsilon,
                    correction1: correction1, correction2: correction2, decoupled: true))
        }
        let (own, fused) = (try backend.read(parameters), try backend.read(expected))
        #expect(own != start)
        #expect(nearlyEqual(own, fused.map(Double.init)))
    }

    /// Chen et al. 2023, against its equations in Double.
    @Test(arguments: TestedBackend.all)
    func lion(tested: TestedBackend) throws {
        let backend = try tested.open()
        let parameters = try backend.makeTensor([Self.count], Self.values(0))
        let (m, c) = (try backend.makeTensor([Self.count]), try backend.makeTensor([Self.count]))
        try backend.fill(m, with: 0)
        var p = Self.values(0).map(Double.init)
        var momentum = [Double](repeating: 0, count: Self.count)
        for step in 1...3 {
            let gradient = Self.values(step)
            let g = try backend.makeTensor([Self.count], gradient)
            try backend.copy(m, into: c)
            try backend.scaleAdd(Float(1 - Self.beta1), g, Float(Self.beta1), into: c)
            try backend.signum(c, into: c)
            try backend.scaleAdd(
                Float(-Self.rate), c, Float(1 - Self.rate * Self.decay), into: parameters)
            try backend.scaleAdd(Float(1 - Self.beta2), g, Float(Self.beta2), into: m)

            for index in p.indices {
                let g = Double(gradient[index])
                let c = Self.beta1 * momentum[index] + (1 - Self.beta1) * g
                let sign = c > 0 ? 1.0 : c < 0 ? -1.0 : 0.0
                p[index] -= Self.rate * (sign + Self.decay * p[index])
                momentum[index] = Self.beta2 * momentum[index] + (1 - Self.beta2) * g
            }
        }
        #expect(nearlyEqual(try backend.read(parameters), p))
    }
}
