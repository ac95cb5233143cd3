import Tensors

/// The catalogue, run on backends, as `lls selftest` and the tests do.
///
/// One instance computes the reference's result of a case once, on however many backends it runs the
/// case.
public final class SelfTest {
    /// The cases that run.
    public let cases: [OperationCase]
    /// How they run.
    public var options: VerificationOptions
    private var expectations: [String: ExpectedResult] = [:]

    /// - Parameter filter: only cases whose name contains this.
    public init(
        _ size: OperationCatalog.Size, filter: String? = nil,
        options: VerificationOptions = VerificationOptions()
    ) {
        let all = OperationCatalog.all(size: size)
        cases = filter.map { text in all.filter { $0.name.contains(text) } } ?? all
        self.options = options
    }

    /// Runs every case on `backend`; an error is a failure of the case that it ended.
    ///
    /// - Parameter report: called after every case.
    public func run(
        on backend: any Backend, report: (OperationResult) -> Void = { _ in }
    ) -> [OperationResult] {
        cases.map { operation in
            let result = result(of: operation, on: backend)
            report(result)
            return result
        }
    }

    private func result(of operation: OperationCase, on backend: any Backend) -> OperationResult {
        do {
            let expectation = try expectations[operation.name] ?? operation.expectation()
            expectations[operation.name] = expectation
            return try verify(operation, expecting: expectation, on: backend, options: options)
        } catch {
            return OperationResult(
                operation: operation.operation, detail: operation.detail, worst: nil,
                failures: [.threw(String(describing: error))], seconds: 0)
        }
    }
}
