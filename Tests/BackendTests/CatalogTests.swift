import Tensors
import Testing
import Verification

/// Every operation on every backend, against the reference.
struct CatalogTests {
    /// Case by case, so that what the reference says is computed once for all backends; in two halves,
    /// which run side by side.
    @Test(arguments: 0..<2)
    func everyOperationIsWithinItsBounds(half: Int) throws {
        let backends = try TestedBackend.all.map { ($0.testDescription, try $0.open()) }
        let cases = OperationCatalog.all(size: .full)
        #expect(cases.count > 1000)
        for index in stride(from: half, to: cases.count, by: 2) {
            let expectation = try cases[index].expectation()
            for (name, backend) in backends {
                do {
                    let result = try verify(cases[index], expecting: expectation, on: backend)
                    if !result.passed { Issue.record("\(name): \(result)") }
                } catch {
                    Issue.record("\(name): \(cases[index].name): \(error)")
                }
            }
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
        #expect(small.count == 48)
    }
}
