import OpenCLBackend
import Randomness
import Tensors
import Testing
import Verification

/// A device without an instruction for fma: with each engine, since some kernels compute vectors and
/// others single elements.
struct FMAPolicyTests {
    /// The device that is there, as if it had none, unless `fuses`.
    private func backend(
        _ engine: KernelEngine, _ fma: FMAPolicy = .emulated, fuses: Bool = false
    ) throws -> OpenCLBackend {
        var device = try OpenCLDevice.select("auto")
        device.traits.hasFMA = fuses
        return try OpenCLBackend(device, engine: engine, fma: fma)
    }

    private func values(_ count: Int, _ name: String) -> [Float] {
        let source = RandomSource(seed: 0, stream: name)
        return (0..<count).map { source.normal($0) }
    }

    /// z, of which a half all but cancels x · y: nothing is left but what rounding took.
    private func summands(_ products: [Float]) -> [Float] {
        zip(products, values(products.count, "z")).enumerated().map { index, pair in
            let (product, z) = pair
            return index % 2 == 0 ? z : -product * (1 + Float(index % 9 - 4) * 0x1p-20)
        }
    }

    @Test(arguments: KernelEngine.allCases)
    func sumsAreRoundedOnce(engine: KernelEngine) throws {
        let backend = try backend(engine)
        let x = values(20, "x"), y = values(4099, "y")
        for x in x {
            let z = summands(y.map { x * $0 })
            let (source, sum) = (
                try backend.makeTensor([y.count], y), try backend.makeTensor([y.count], z)
            )
            try backend.scaleAdd(x, source, 1, into: sum)
            #expect(try backend.read(sum) == zip(y, z).map { $1.addingProduct(x, $0) })
        }
    }

    @Test(arguments: KernelEngine.allCases)
    func infinitiesAndNaNsStay(engine: KernelEngine) throws {
        let backend = try backend(engine)
        let numbers: [Float] = [0, 1, -2, 3e38, -3e38, .infinity, -.infinity, .nan]
        let pairs = numbers.flatMap { y in numbers.map { z in (y: y, z: z) } }
        // Not a product beyond the largest number and an infinity against it.
        for x: Float in [0, 1, -1, .infinity, .nan] {
            let source = try backend.makeTensor([pairs.count], pairs.map(\.y))
            let sum = try backend.makeTensor([pairs.count], pairs.map(\.z))
            try backend.scaleAdd(x, source, 1, into: sum)
            for (pair, sum) in zip(pairs, try backend.read(sum)) {
                let expected = pair.z.addingProduct(x, pair.y)
                #expect(
                    sum == expected || sum.isNaN && expected.isNaN,
                    "\(x) · \(pair.y) + \(pair.z) is \(sum)")
            }
        }
    }

    /// Products of many terms, beside the instruction where the device really has it.
    @Test(arguments: KernelEngine.allCases)
    func productsHaveTheSameBits(engine: KernelEngine) throws {
        let (rows, depth, columns) = (37, 301, 50)
        let (left, right) = (values(rows * depth, "left"), values(depth * columns, "right"))
        let products = try [true, false].map { fuses in
            let backend = try backend(engine, fuses: fuses)
            let output = try backend.makeTensor([rows, columns])
            try backend.multiply(
                backend.makeTensor([rows, depth], left).matrix,
                backend.makeTensor([depth, columns], right).matrix, into: output)
            return try backend.read(output)
        }
        #expect(products[0] == products[1])
    }

    /// Compiling takes most of it: what is fast is tried with the engine that such devices prefer.
    @Test(arguments: [
        (KernelEngine.register, FMAPolicy.emulated), (.local, .emulated), (.local, .separate),
    ])
    func everyOperationIsWithinItsBounds(engine: KernelEngine, fma: FMAPolicy) throws {
        let backend = try backend(engine, fma)
        let failed = SelfTest(.small).run(on: backend).filter { !$0.passed }
        #expect(failed.isEmpty, "\(failed)")
    }
}
