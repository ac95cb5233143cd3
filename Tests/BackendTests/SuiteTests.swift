import ReferenceBackend
import Tensors
import TestSupport
import Testing
import Verification

/// The suite must see what backends get wrong: each of these breaks one thing.
struct SuiteTests {
    /// A backend whose products and statistics are tampered with after the fact.
    final class BrokenBackend: BreakableBackend {
        let tamper: (ReferenceBackend, _ output: Tensor) throws -> Void

        init(_ tamper: @escaping (ReferenceBackend, _ output: Tensor) throws -> Void) {
            self.tamper = tamper
        }

        override func multiply(
            _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
        ) throws {
            try super.multiply(left, right, bias: bias, into: output)
            try tamper(reference, output)
        }
    }

    private func product() throws -> OperationCase {
        let detail = "31×65 · 65×64 + bias"
        return try #require(
            OperationCatalog.all(size: .full).first {
                $0.operation == "matrix/multiply" && $0.detail == detail
            })
    }

    private func verifyProduct(
        _ tamper: @escaping (ReferenceBackend, _ output: Tensor) throws -> Void
    ) throws -> OperationResult {
        try verify(try product(), on: BrokenBackend(tamper))
    }

    /// Changes element `index` of `tensor`.
    private func change(
        _ index: Int, of tensor: Tensor, on backend: ReferenceBackend, _ body: (Double) -> Double
    ) {
        var values = backend.readDoubles(tensor)
        values[index] = body(values[index])
        backend.uploadDoubles(values, to: tensor)
    }

    @Test func nothingIsWrongWithAnUntouchedBackend() throws {
        let result = try verifyProduct { _, _ in }
        #expect(result.passed && result.failures.isEmpty)
        #expect(result.ratio < 1)
    }

    @Test(arguments: [0, 1000, 31 * 64 - 1])
    func theSuiteSeesAWrongElement(index: Int) throws {
        // The bound is 2·66·2⁻²⁴ of at most 66 terms below 1: ten of these are below 0.006.
        let result = try verifyProduct { backend, output in
            change(index, of: output, on: backend) { $0 + 0.006 }
        }
        #expect(!result.passed && result.ratio > 10)
        #expect(result.worst?.index == index)
        guard case .deviation(let worst, let count) = try #require(result.failures.first) else {
            Issue.record("seen as \(result)")
            return
        }
        #expect(worst.index == index && worst.operand == "output" && count == 1)
    }

    @Test func theSuiteSeesElementsTenTimesTheirBoundAway() throws {
        let untouched = try #require(try verifyProduct { _, _ in }.worst)
        let result = try verifyProduct { backend, output in
            change(untouched.index, of: output, on: backend) { $0 + 10 * untouched.bound }
        }
        #expect(!result.passed && result.ratio > 9 && result.ratio < 11)
    }

    @Test func elementsWithinTheirBoundPass() throws {
        let untouched = try #require(try verifyProduct { _, _ in }.worst)
        let result = try verifyProduct { backend, output in
            change(untouched.index, of: output, on: backend) { $0 + 0.5 * untouched.bound }
        }
        #expect(result.passed && result.ratio > 0.2)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func theSuiteSeesANaNAndInfinities(value: Double) throws {
        let result = try verifyProduct { backend, output in
            change(17, of: output, on: backend) { _ in value }
        }
        #expect(!result.passed && result.ratio == .infinity)
        #expect(result.worst?.index == 17)
    }

    @Test func theSuiteSeesAnElementThatIsNeverWritten() throws {
        let case31 = try product()
        let result = try verify(case31, on: LastElementSkipper())
        #expect(!result.passed && result.worst?.value.isNaN == true)
        #expect(result.worst?.index == 31 * 64 - 1)
    }

    /// Leaves the last element of a product as it was.
    final class LastElementSkipper: BreakableBackend {
        override func multiply(
            _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
        ) throws {
            let before = reference.readDoubles(output)
            try super.multiply(left, right, bias: bias, into: output)
            var after = reference.readDoubles(output)
            after[after.count - 1] = before[before.count - 1]
            reference.uploadDoubles(after, to: output)
        }
    }

    /// Writes beside every product, `offset` elements from its start.
    final class Overrunner: BreakableBackend {
        let offset: Int
        private var whole: Tensor?

        init(offset: Int) { self.offset = offset }

        override func slice(
            _ tensor: Tensor, atByte offset: Int, _ spec: TensorSpec
        ) throws -> Tensor {
            whole = tensor
            return try super.slice(tensor, atByte: offset, spec)
        }

        override func multiply(
            _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
        ) throws {
            try super.multiply(left, right, bias: bias, into: output)
            // The output is the last operand made, 17 elements behind the start of its allocation.
            let whole = try #require(whole)
            try reference.fill(try reference.slice(whole, at: 17 + offset, [1]), with: 1)
        }
    }

    @Test(arguments: [-1, -17, 31 * 64, 31 * 64 + 66])
    func theSuiteSeesAnOverrun(offset: Int) throws {
        let result = try verify(try product(), on: Overrunner(offset: offset))
        #expect(!result.passed)
        guard case .overrun(let operand, let index) = try #require(result.failures.first) else {
            Issue.record("seen as \(result)")
            return
        }
        #expect(operand == "output" && index == offset)
    }

    /// Writes to a source.
    final class SourceSpoiler: BreakableBackend {
        override func multiply(
            _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
        ) throws {
            try super.multiply(left, right, bias: bias, into: output)
            try reference.fill(try reference.slice(right.tensor, at: 5, [1]), with: 0)
        }
    }

    @Test func theSuiteSeesAChangedSource() throws {
        let result = try verify(try product(), on: SourceSpoiler())
        guard case .sourceChanged(let operand, let index) = try #require(result.failures.first)
        else {
            Issue.record("seen as \(result)")
            return
        }
        #expect(operand == "right" && index == 5)
    }

    @Test func theSuiteSeesAnUnrepeatableResult() throws {
        var calls = 0
        let untouched = try #require(try verifyProduct { _, _ in }.worst)
        let result = try verifyProduct { backend, output in
            calls += 1
            guard calls == 2 else { return }
            change(3, of: output, on: backend) { Double(Float($0).nextUp) }
        }
        #expect(calls == 2 && untouched.bound > 0)
        guard case .unrepeatable(let operand, let index) = try #require(result.failures.first)
        else {
            Issue.record("seen as \(result)")
            return
        }
        #expect(operand == "output" && index == 3)
    }

    @Test func theSuiteSeesAllocationsAfterTheFirstCall() throws {
        let result = try verifyProduct { backend, _ in _ = try backend.makeTensor([1]) }
        guard case .allocatedAgain(let count) = try #require(result.failures.first) else {
            Issue.record("seen as \(result)")
            return
        }
        #expect(count == 1)
    }

    @Test func theSuiteReportsErrorsAsFailures() throws {
        struct DeviceLost: Error {}
        let test = SelfTest(.small, filter: "matrix/multiply")
        #expect(!test.cases.isEmpty)
        let results = test.run(on: BrokenBackend { _, _ in throw DeviceLost() })
        #expect(results.allSatisfy { !$0.passed && $0.ratio == .infinity })
        #expect("\(results)".contains("DeviceLost"))
    }

    /// Its own fused loss is added twice, its primitives are right.
    final class LossTwiceAdded: BreakableBackend {
        override func synchronizationLoss(
            _ pooled: Tensor, basis: Tensor, _ targets: Targets, _ options: CrossEntropyOptions,
            into pooledGradient: Tensor, addingLossTo total: Tensor
        ) throws {
            for _ in 0..<2 {
                try super.synchronizationLoss(
                    pooled, basis: basis, targets, options, into: pooledGradient,
                    addingLossTo: total)
            }
        }
    }

    @Test func theSuiteTellsFusedFromComposed() throws {
        let results = SelfTest(.small, filter: "synchronization loss").run(on: LossTwiceAdded())
        let (composed, fused) = (
            results.filter { $0.operation.hasSuffix("composed") },
            results.filter { !$0.operation.hasSuffix("composed") }
        )
        #expect(!composed.isEmpty && composed.allSatisfy(\.passed))
        #expect(!fused.isEmpty && fused.allSatisfy { !$0.passed })
    }
}

/// Long sums of whole numbers show a lost term, which no bound of a rounded sum does.
struct LongSumTests {
    /// Forgets the last term of the first element that is not 0.
    final class TermLoser: BreakableBackend {
        override func multiply(
            _ left: MatrixFactor, _ right: MatrixFactor, bias: Tensor?, into output: Tensor
        ) throws {
            try super.multiply(left, right, bias: bias, into: output)
            try lose(
                reference.readDoubles(left.tensor), reference.readDoubles(right.tensor),
                from: output
            ) { k in
                (left.isTransposed ? k * left.rows : k, right.isTransposed ? k : k * right.columns)
            }
        }

        override func convolutionWeightGradient(
            _ input: Tensor, of outputGradient: Tensor, _ geometry: ConvolutionGeometry,
            into weightGradient: Tensor
        ) throws {
            try super.convolutionWeightGradient(
                input, of: outputGradient, geometry, into: weightGradient)
            guard geometry.kernelHeight == 1, geometry.groups == 1 else { return }
            try lose(
                reference.readDoubles(input), reference.readDoubles(outputGradient),
                from: weightGradient
            ) { ($0 * geometry.inputChannels, $0 * geometry.outputChannels) }
        }

        /// Takes the last term of element 0 back that is not 0.
        private func lose(
            _ left: [Double], _ right: [Double], from result: Tensor,
            _ places: (Int) -> (Int, Int)
        ) throws {
            var values = reference.readDoubles(result)
            let terms = (0..<left.count).prefix {
                let (i, j) = places($0)
                return i < left.count && j < right.count
            }
            let products = terms.map { left[places($0).0] * right[places($0).1] }
            values[0] -= try #require(products.last { $0 != 0 })
            reference.uploadDoubles(values, to: result)
        }
    }

    private func results(_ filter: String) -> [OperationResult] {
        SelfTest(.full, filter: filter).run(on: TermLoser())
    }

    @Test func aTermOfAWholeSumIsMissed() throws {
        let products = results("matrix/multiply 3×131072ᵀ · 131072×5 + bias, whole")
        let gradients = results("128×32×32×4 → 3, kernel 1×1, stride 1, padding 0, 1 group, direct")
        #expect(products.count == 1 && gradients.count == 1)
        for result in products + gradients {
            #expect(!result.passed)
            guard case .deviation(let worst, let count) = try #require(result.failures.first) else {
                Issue.record("seen as \(result)")
                continue
            }
            #expect(worst.index == 0 && count == 1 && worst.bound == 0)
        }
    }
}
