import Tensors
import Testing
import Verification

/// Every operation on every backend, against the reference.
struct CatalogTests {
    @Test(arguments: TestedBackend.all)
    func everyOperationIsWithinItsBounds(tested: TestedBackend) throws {
        let results = SelfTest(.full).run(on: try tested.open())
        #expect(results.count > 500)
        for result in results where !result.passed {
            Issue.record("\(tested.testDescription): \(result)")
        }
    }

    /// A machine without any OpenCL device would test half of what it says.
    @Test func thereIsAnOpenCLDevice() {
        #expect(!TestedBackend.openCL.isEmpty, "install pocl-opencl-icd")
    }

    @Test(arguments: OperationCatalog.Size.allCases)
    func namesAreUnique(size: OperationCatalog.Size) {
        let names = OperationCatalog.all(size: size).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func theSmallCatalogHasEveryOperation() {
        let small = Set(OperationCatalog.all(size: .small).map(\.operation))
        let full = Set(OperationCatalog.all(size: .full).map(\.operation))
        #expect(small == full)
        #expect(small.count == 47)
    }
}
