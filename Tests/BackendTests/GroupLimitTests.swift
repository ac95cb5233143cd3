import Foundation
import OpenCLBackend
import Tensors
import Testing
import Verification

/// Devices that run some kernels in smaller groups than others: those need many registers.
struct GroupLimitTests {
    /// The first device, with kernels limited as `LLS_OPENCL_GROUP_LIMIT` says.
    private func open(_ limits: String) throws -> OpenCLBackend {
        var device = try OpenCLDevice.select("auto")
        device.traits.groupLimits = try GroupLimits(
            device: device.traits.maxWorkGroupSize, limits)
        return try OpenCLBackend(device, engine: .local)
    }

    /// 16 is what the smallest tile needs, and less than a team of the fused loss.
    @Test(arguments: ["kernel=16", "kernel=64,convolve=16,sum_rows=2,hits=1"])
    func everyOperationIsRight(limits: String) throws {
        let results = SelfTest(.small).run(on: try open(limits))
        #expect(results.count > 100)
        for result in results where !result.passed { Issue.record("\(limits): \(result)") }
    }

    @Test(arguments: ["kernel=16", "kernel=64"])
    func trainingLandsWhereTheOracleDid(limits: String) throws {
        let name = "smallconv-lls.json"
        let stated = try ConformanceCase(
            json: Data(contentsOf: GoldenTests.folder.appending(path: name)), name: name)
        let result = try stated.run(on: try open(limits))
        #expect(result.passed, "\(name), \(limits): \(result)")
    }

    /// A limit that changes nothing changes no byte, and partial results have the memory that was
    /// planned for them.
    @Test func sumsOfOneColumnAreInAsManyParts() throws {
        let values = (0..<70_000).map { Float(($0 * 7919) % 1000) / 1000 }
        var peaks: [Int] = []
        for limits in ["256", "kernel=256", "kernel=32"] {
            let backend = try open(limits)
            let input = try backend.makeTensor([7000, 10], values)
            let output = try backend.makeTensor([10])
            try backend.sumRows(input, into: output)
            let sums = try backend.read(output)
            for (column, sum) in sums.enumerated() {
                let exact = stride(from: column, to: values.count, by: 10).reduce(0.0) {
                    $0 + Double(values[$1])
                }
                #expect(abs(Double(sum) - exact) < 1e-4 * exact)
            }
            peaks.append(backend.memoryUse.peak)
        }
        #expect(peaks[0] == peaks[1] && peaks[1] == peaks[2])
    }

    @Test func aTileThatNoGroupCanHoldIsAnError() throws {
        let backend = try open("kernel=8")
        let tensor = try backend.makeTensor([4, 4])
        let error = try #require(throws: DeviceSelectionError.self) {
            try backend.multiply(
                tensor.matrix, tensor.matrix, into: try backend.makeTensor([4, 4]))
        }
        #expect("\(error)".contains("'multiply' in groups of at most 8"))
        #expect("\(error)".contains("--kernel-engine register"))
    }

    @Test(arguments: ["", "0", "-1", "x", "kernel=", "=3", "a=b=1", "64,", "kernel=1.5"])
    func whatMeansNothingIsRefused(text: String) {
        #expect(throws: EnvironmentVariableError.self) { _ = try GroupLimits(device: 256, text) }
    }
}
