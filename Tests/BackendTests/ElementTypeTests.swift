import BLASBackend
import OpenCLBackend
import ReferenceBackend
import Tensors
import Testing

/// Integers where floats are needed, and the other way round, end the process on every backend.
struct ElementTypeTests {
    enum Choice: Int, CaseIterable, Codable {
        case reference, blas, register, local

        func open() throws -> any Backend {
            switch self {
            case .reference: ReferenceBackend()
            case .blas: try BLASBackend(threads: 2)
            case .register: try OpenCLBackend(engine: .register)
            case .local: try OpenCLBackend(engine: .local)
            }
        }
    }

    /// A call with one tensor of a wrong type, or with none.
    enum Call: Int, Codable {
        case convolution, bias, pool, labels, update, correct

        func run(on backend: any Backend) throws {
            let geometry = ConvolutionGeometry(
                batch: 2, height: 4, width: 4, inputChannels: 2, outputChannels: 3)
            let pool = MaxPoolGeometry(batch: 1, height: 2, width: 2, channels: 3)
            func tensor(_ shape: Shape, isInteger: Bool) throws -> Tensor {
                try backend.makeTensor(shape, isInteger ? .int32 : .float32)
            }
            try backend.convolve(
                tensor(geometry.inputShape, isInteger: self == .convolution),
                tensor(geometry.weightShape, isInteger: false), bias: nil, geometry,
                into: tensor(geometry.outputShape, isInteger: false))
            try backend.multiply(
                tensor([2, 3], isInteger: false).matrix, tensor([3, 5], isInteger: false).matrix,
                bias: tensor([5], isInteger: self == .bias), into: tensor([2, 5], isInteger: false))
            try backend.maxPool(
                tensor(pool.inputShape, isInteger: false), pool,
                into: tensor(pool.outputShape, isInteger: self == .pool))
            try backend.oneHot(
                Targets(tensor([2], isInteger: self != .labels)), value: 1,
                into: tensor([2, 3], isInteger: false))
            try backend.updateSGD(
                tensor([7], isInteger: false), gradient: tensor([7], isInteger: self == .update),
                momentum: tensor([7], isInteger: false),
                SGDStep(rate: 1, momentum: 0, isFirst: true))
            try backend.synchronize()
        }
    }

    @Test(arguments: Choice.allCases, [Call.convolution, .labels])
    func aWrongTypeTraps(choice: Choice, call: Call) async {
        await #expect(processExitsWith: .failure) {
            [choice = choice as Choice, call = call as Call] in
            let backend = try choice.open()
            // Nothing but the wrong type may end the process.
            try Call.correct.run(on: backend)
            try call.run(on: backend)
        }
    }

    @Test(arguments: [Call.bias, .pool, .update])
    func soDoesEveryOtherOperation(call: Call) async {
        await #expect(processExitsWith: .failure) { [call = call as Call] in
            try call.run(on: OpenCLBackend(engine: .register))
        }
    }

    /// The calls above fail for their mistakes: the same without any does not.
    @Test func rightTypesDoNotTrap() async {
        await #expect(processExitsWith: .success) {
            for choice in Choice.allCases { try Call.correct.run(on: choice.open()) }
        }
    }
}
