import Tensors

/// How a case is run.
public struct VerificationOptions: Sendable {
    /// Puts every operand between sentinels, so that writing past its ends shows. Off if a tool
    /// such as Oclgrind watches the bounds of allocations.
    public var guardBands = true
    /// Runs every operation twice: the second run must give the same bytes and allocate nothing.
    public var repeats = true

    /// Both are on if nothing else is said.
    public init(guardBands: Bool = true, repeats: Bool = true) {
        self.guardBands = guardBands
        self.repeats = repeats
    }
}

/// Runs `operation` on `backend` and compares with the reference.
///
/// - Throws: the backend's error.
public func verify(
    _ operation: OperationCase, on backend: any Backend,
    options: VerificationOptions = VerificationOptions()
) throws -> OperationResult {
    try verify(
        operation, expecting: operation.expectation(), on: backend, options: options)
}

/// As ``verify(_:on:options:)``, with an expectation computed before.
public func verify(
    _ operation: OperationCase, expecting expectation: ExpectedResult, on backend: any Backend,
    options: VerificationOptions = VerificationOptions()
) throws -> OperationResult {
    let operands = try operation.operands().map {
        try GuardedOperand($0, key: operation.name, on: backend, guarded: options.guardBands)
    }
    let tensors = NamedOperands(operands.map(\.operand), operands.map(\.tensor))

    func run() throws -> [[UInt32]] {
        for operand in operands { try operand.upload(to: backend) }
        try operation.body(backend, tensors)
        return try operands.map { try $0.read(from: backend) }
    }

    let clock = ContinuousClock()
    var bits: [[UInt32]] = []
    let duration = try clock.measure { bits = try run() }
    var failures = zip(operands, bits).flatMap { $0.damage($1) }
    var worst: OperationResult.Deviation?
    for (operand, bits) in zip(operands, bits) where operand.operand.role == .result {
        let deviations = operand.deviations(bits, from: expectation)
        guard let largest = deviations.max(by: { $0.ratio < $1.ratio }) else { continue }
        if largest.ratio >= worst?.ratio ?? 0 { worst = largest }
        let wrong = deviations.filter { !$0.isAllowed }
        if let worst = wrong.max(by: { $0.ratio < $1.ratio }) {
            failures.append(.deviation(worst, count: wrong.count))
        }
    }
    if options.repeats {
        let allocations = backend.memoryUse.allocations
        let again = try run()
        let made = backend.memoryUse.allocations - allocations
        if made > 0 { failures.append(.allocatedAgain(count: made)) }
        for (operand, (one, other)) in zip(operands, zip(bits, again)) {
            guard operand.operand.role == .result else { continue }
            if let index = zip(one, other).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                failures.append(
                    .unrepeatable(operand: operand.operand.name, index: index - operand.front))
            }
        }
    }
    return OperationResult(
        operation: operation.operation, detail: operation.detail, worst: worst, failures: failures,
        seconds: duration / .seconds(1))
}

/// An operand on a backend, between two bands of sentinels.
private struct GuardedOperand {
    let operand: Operand
    /// The operand alone.
    let tensor: Tensor
    /// Elements before the operand.
    let front: Int
    private let whole: Tensor
    private let contents: [UInt32]

    init(_ operand: Operand, key: String, on backend: any Backend, guarded: Bool) throws {
        self.operand = operand
        guard guarded else {
            front = 0
            contents = operand.bits(key: key)
            whole = try backend.makeTensor(operand.shape, operand.elementType)
            tensor = whole
            return
        }
        // An odd offset if the backend allows it: nothing may count on aligned operands.
        let alignment = backend.sliceAlignment(of: operand.elementType)
        front = ceilingDivision(17, alignment) * alignment
        let band = { (count: Int) in [UInt32](repeating: Float.nan.bitPattern, count: count) }
        contents = band(front) + operand.bits(key: key) + band(67)
        whole = try backend.makeTensor([contents.count], operand.elementType)
        tensor = try backend.slice(whole, at: front, operand.shape)
    }

    func upload(to backend: any Backend) throws {
        try contents.withUnsafeBytes { try backend.upload($0, to: whole) }
    }

    /// Everything, bands included.
    func read(from backend: any Backend) throws -> [UInt32] {
        operand.elementType == .int32
            ? try backend.readIntegers(whole).map { UInt32(bitPattern: $0) }
            : try backend.read(whole).map(\.bitPattern)
    }

    /// Writes to a source or beside the operand.
    func damage(_ bits: [UInt32]) -> [OperationResult.Failure] {
        let inside = front..<(front + operand.shape.count)
        let changed = bits.indices.filter { bits[$0] != contents[$0] }
        var failures: [OperationResult.Failure] = []
        if let index = changed.first(where: { !inside.contains($0) }) {
            failures.append(.overrun(operand: operand.name, index: index - front))
        }
        if operand.role == .source, let index = changed.first(where: inside.contains) {
            failures.append(.sourceChanged(operand: operand.name, index: index - front))
        }
        return failures
    }

    func deviations(_ bits: [UInt32], from expectation: ExpectedResult)
        -> [OperationResult.Deviation]
    {
        guard let expected = expectation.results[operand.name],
            let bounds = expectation.bounds[operand.name]
        else { preconditionFailure("\(operand.name) is expected nowhere") }
        return expected.indices.map { index in
            OperationResult.Deviation(
                operand: operand.name, index: index, value: operand.number(bits[front + index]),
                expected: expected[index], bound: bounds[index])
        }
    }
}
