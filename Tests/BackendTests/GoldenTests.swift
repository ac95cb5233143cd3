import Foundation
import KernelSources
import Testing
import Verification

/// The oracle's golden cases on every backend, device and kernel engine.
struct GoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/golden")

    @Test(arguments: TestedBackend.blas + TestedBackend.openCL)
    func everyCaseLandsWhereTheOracleDid(tested: TestedBackend) throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
            .filter { $0.hasSuffix(".json") && $0 != "basis.json" }.sorted()
        #expect(files.count >= 28)
        // Opened once: an OpenCL context loads every program anew.
        let backend = try tested.open()
        for file in files {
            let stated = try ConformanceCase(
                json: Data(contentsOf: Self.folder.appending(path: file)), name: file)
            let result = try stated.run(on: backend)
            #expect(result.passed, "\(file) on \(tested.testDescription): \(result)")
        }
    }
}

struct KernelSourceTests {
    @Test func everyKernelFileIsEmbedded() throws {
        let kernels = GoldenTests.folder.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Kernels")
        let files = try FileManager.default.contentsOfDirectory(atPath: kernels.path())
            .filter { $0.hasSuffix(".cl") }.map { String($0.dropLast(3)) }
        #expect(Set(KernelSource.allCases.map(\.rawValue)) == Set(files))
        for source in KernelSource.allCases {
            let file = kernels.appending(path: "\(source.rawValue).cl")
            #expect(source.text == (try String(contentsOf: file, encoding: .utf8)))
        }
    }
}
