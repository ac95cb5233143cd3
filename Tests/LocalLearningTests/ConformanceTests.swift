import Foundation
import LocalLearning
import ReferenceBackend
import Tensors
import Testing
import Verification

/// The oracle's golden cases. On the reference backend they test the learning alone.
struct ConformanceTests {
    /// Every golden case but the basis, which is no run. Of ResNet18, one is enough for naive loops.
    static let cases = Fixtures.goldenCases.filter {
        !["resnet18-bp", "resnet18-lls-mxm"].contains($0)
    }

    @Test(arguments: cases)
    func theReferenceLandsOnTheOracle(name: String) throws {
        let result = try stated(name).run(on: ReferenceBackend())
        // Double arithmetic: what is left is the float32 of the hyperparameters and the basis.
        #expect(result.passed, "\(result)")
    }

    private func stated(_ name: String) throws -> ConformanceCase {
        try ConformanceCase(
            json: Data(contentsOf: Fixtures.golden("\(name).json")), name: name)
    }
}
