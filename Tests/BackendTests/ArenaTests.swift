import BLASBackend
import OpenCLBackend
import ReferenceBackend
import Tensors
import Testing

/// An arena is bytes; its slices are tensors of all types.
struct ArenaTests {
    @Test(arguments: TestedBackend.all)
    func slicesOfAllTypesShareAnArena(tested: TestedBackend) throws {
        let backend = try tested.open()
        let alignment = backend.sliceAlignment
        let (floats, integers) = (TensorSpec([5]), TensorSpec([2, 3], .int32))
        let second = floats.byteCount.saturatingRoundedUp(to: alignment)
        let arena = try backend.makeTensor([second + integers.byteCount], .byte)
        #expect(arena.byteCount == second + 24)

        let values = try backend.slice(arena, atByte: 0, floats)
        let numbers = try backend.slice(arena, atByte: second, integers)
        try backend.upload([1, -2, 3, 0.5, 5], to: values)
        try [Int32](-3..<3).withUnsafeBytes { try backend.upload($0, to: numbers) }
        try backend.scaleAdd(2, values, 0, into: values)
        #expect(try backend.read(values) == [2, -4, 6, 1, 10])
        #expect(try backend.readIntegers(numbers) == [-3, -2, -1, 0, 1, 2])

        // The same memory under another type: the same bits, where they are bits.
        if !(backend is ReferenceBackend) {
            let bits = try backend.slice(arena, atByte: 0, TensorSpec([5], .int32))
            #expect(
                try backend.readIntegers(bits)
                    == [2, -4, 6, 1, 10].map { Int32(bitPattern: Float($0).bitPattern) })
        }
    }

    /// What a backend holds is what was asked for, in bytes.
    @Test(arguments: TestedBackend.blas + TestedBackend.openCL)
    func bytesAreCountedAsBytes(tested: TestedBackend) throws {
        let backend = try tested.open()
        let arena = try backend.makeTensor([4096], .byte)
        #expect(backend.memoryUse.current == 4096 && arena.byteCount == 4096)
        try backend.withScratch([TensorSpec([1024]), TensorSpec([8192], .byte)]) { scratch in
            #expect(scratch.map(\.byteCount) == [4096, 8192])
            #expect(scratch.map(\.elementType) == [.float32, .byte])
        }
        #expect(backend.memoryUse.current == 4096 + 4096 + 8192)
    }

    enum Mistake: Int, CaseIterable, Codable {
        case misaligned, outside, fill, copy, upload, none

        func make(on backend: any Backend) throws {
            let alignment = backend.sliceAlignment
            let arena = try backend.makeTensor([4 * alignment], .byte)
            let whole = TensorSpec([alignment / 4])
            func slice(_ offset: Int) throws -> Tensor {
                try backend.slice(arena, atByte: offset, whole)
            }
            switch self {
            case .misaligned: _ = try slice(alignment / 2)
            case .outside: _ = try slice(4 * alignment)
            case .fill: try backend.fill(arena, with: 0)
            case .copy: try backend.copy(arena, into: arena)
            case .upload:
                try [UInt8](repeating: 0, count: arena.byteCount).withUnsafeBytes {
                    try backend.upload($0, to: arena)
                }
            case .none: try backend.fill(try slice(3 * alignment), with: 0)
            }
        }
    }

    @Test(arguments: ElementTypeTests.Choice.allCases, Mistake.allCases.filter { $0 != .none })
    func mistakesTrap(choice: ElementTypeTests.Choice, mistake: Mistake) async {
        await #expect(processExitsWith: .failure) {
            [choice = choice as ElementTypeTests.Choice, mistake = mistake as Mistake] in
            let backend = try choice.open()
            // Nothing but the mistake may end the process.
            try Mistake.none.make(on: backend)
            try mistake.make(on: backend)
        }
    }
}
