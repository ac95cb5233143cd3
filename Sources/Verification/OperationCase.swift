import ReferenceBackend
import Tensors

/// One call of one operation with given inputs, and how far a backend may be from the reference.
public struct OperationCase: Sendable {
    /// The operation, in the contract's words: "convolution/weight gradient".
    public let operation: String
    /// Shapes and options: "3×7×5×17 → 33, stride 2".
    public let detail: String

    let operands: @Sendable () -> [Operand]
    let body: @Sendable (any Backend, NamedOperands<Tensor>) throws -> Void
    let bounds: @Sendable (CaseData) throws -> [String: [Double]]

    /// - Parameters:
    ///   - operands: the tensors, made anew at every call.
    ///   - body: the call. Running it on magnitudes must bound its sums, if `bounds` asks for that.
    ///   - bounds: the largest deviation of every element of every result.
    init(
        _ operation: String, _ detail: String,
        operands: @escaping @Sendable () -> [Operand],
        body: @escaping @Sendable (any Backend, NamedOperands<Tensor>) throws -> Void,
        bounds: @escaping @Sendable (CaseData) throws -> [String: [Double]]
    ) {
        self.operation = operation
        self.detail = detail
        self.operands = operands
        self.body = body
        self.bounds = bounds
    }

    /// ``operation`` and ``detail``.
    public var name: String { "\(operation) \(detail)" }
}

/// The values from which the bounds of a case are derived.
struct CaseData {
    /// Every operand before and after the operation, on the reference.
    let before, after: NamedOperands<[Double]>
    /// The results of the operation on the magnitudes of all inputs: `Σ|a·b|` of a sum of products.
    let magnitudes: () throws -> NamedOperands<[Double]>

    /// The bound of results that are sums of `length` products.
    func sums(_ name: String, length: Int) throws -> [Double] {
        try magnitudes()[name].map { Rounding.sum(of: length, magnitude: $0) }
    }

    /// The bound of results that must be equal.
    func exactly(_ name: String) -> [Double] { .init(repeating: 0, count: after[name].count) }
}

/// The values that a backend's results are compared with; the same for every backend.
public struct ExpectedResult: Sendable {
    let results, bounds: [String: [Double]]
}

extension OperationCase {
    /// Runs the case on the reference.
    public func expectation() throws -> ExpectedResult {
        let operands = operands()
        let before = operands.map { operand in operand.bits(key: name).map(operand.number) }
        let after = try referenceResults(operands, before)
        let data = CaseData(
            before: NamedOperands(operands, before), after: after,
            magnitudes: { try referenceResults(operands, before.map { $0.map(abs) }) })
        let bounds = try bounds(data)
        let results = operands.filter { $0.role == .result }.map(\.name)
        precondition(
            Set(bounds.keys) == Set(results), "\(name) bounds \(bounds.keys), not \(results)")
        for result in results {
            precondition(
                bounds[result]?.count == after[result].count, "\(name) bounds not all of \(result)")
        }
        return ExpectedResult(
            results: after.values.filter { bounds.keys.contains($0.key) }, bounds: bounds)
    }

    private func referenceResults(_ operands: [Operand], _ contents: [[Double]]) throws
        -> NamedOperands<[Double]>
    {
        let backend = ReferenceBackend()
        let tensors = try zip(operands, contents).map { operand, values in
            guard operand.elementType == .float32 else {
                return try backend.makeTensor(integers: values.map { Int32($0) })
            }
            let tensor = try backend.makeTensor(operand.shape)
            backend.uploadDoubles(values, to: tensor)
            return tensor
        }
        try body(backend, NamedOperands(operands, tensors))
        return NamedOperands(
            operands,
            try tensors.map { tensor in
                tensor.elementType == .float32
                    ? backend.readDoubles(tensor)
                    : try backend.readIntegers(tensor).map { Double($0) }
            })
    }
}

extension NamedOperands {
    init(_ operands: [Operand], _ values: [Value]) {
        self.init(
            values: Dictionary(uniqueKeysWithValues: zip(operands.map(\.name), values)))
    }
}
