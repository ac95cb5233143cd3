import BLASBackend
import Foundation
import Tensors
import Testing

/// A process may use OpenBLAS for its own purposes: how many threads OpenBLAS takes there is the
/// process's choice, before and after every operation of ours.
struct OpenBLASThreadTests {
    /// OpenBLAS as any other code of the process sees it.
    private struct OpenBLAS {
        typealias Get = @convention(c) () -> Int32
        typealias Set = @convention(c) (Int32) -> Void
        let get: Get
        let set: Set

        init?() {
            guard let process = dlopen(nil, RTLD_NOW),
                let get = dlsym(process, "openblas_get_num_threads"),
                let set = dlsym(process, "openblas_set_num_threads")
            else { return nil }
            self.get = unsafeBitCast(get, to: Get.self)
            self.set = unsafeBitCast(set, to: Set.self)
        }
    }

    private static let operations: [DenseOperation] =
        [
            .product(ProductGeometry(rows: 300, depth: 40, columns: 20)),
            .product(ProductGeometry(rows: 10, depth: 4096, columns: 20)),
        ]
        + DenseOperation.Pass.allCases.map {
            .convolution(
                ConvolutionGeometry(
                    batch: 4, height: 12, width: 12, inputChannels: 32, outputChannels: 32), $0)
        }

    /// In a process of its own: other tests use OpenBLAS at the same time.
    @Test func theProcessKeepsItsNumberOfThreads() async {
        await #expect(processExitsWith: .success) {
            let openBLAS = try #require(OpenBLAS())
            for number: Int32 in [2, 1] {
                openBLAS.set(number)
                for algorithm in ConvolutionAlgorithm.allCases {
                    let backend = try BLASBackend(threads: 2, convolutionAlgorithm: algorithm)
                    #expect(openBLAS.get() == number)
                    for operation in Self.operations {
                        try backend.perform(operation)
                        #expect(openBLAS.get() == number)
                    }
                }
            }
        }
    }
}
