import Foundation
import LocalLearning
import OpenCLBackend
import Synchronization
import Tensors
import TestSupport
import Testing

/// Every call into OpenCL fails once: nothing crashes or hangs, and the error names the call and the status.
struct OpenCLFaultTests {
    /// Whether no result depends on a call: it gives an object back, keeps or reads a compiled program, or
    /// waits, at the end, for work that nobody needs. The first wait and the first build do matter.
    private static func isHarmless(_ function: String, _ number: Int) -> Bool {
        function.hasPrefix("clRelease")
            || ["clGetProgramInfo", "clCreateProgramWithBinary"].contains(function)
            || (["clFinish", "clWaitForEvents", "clBuildProgram"].contains(function) && number > 1)
    }

    /// Every single call fails, alone and with all that follow: an hour, for a release.
    private static let isExhaustive =
        ProcessInfo.processInfo.environment["LLS_EXHAUSTIVE"] == "1"

    @Test(arguments: OpenCLLibrary.functionNames)
    func everyCallMayFail(function: String) throws {
        let whole = try Self.undisturbed.get()
        let count = whole.calls[function] ?? 0
        // The driver is asked for its log only if a program does not build.
        guard function != "clGetProgramBuildInfo" else { return }
        try #require(count > 0, "\(function) is never called")
        let numbers = Self.isExhaustive ? Array(1...count) : [1, (count + 1) / 2, count]
        for number in Set(numbers).sorted() {
            // The first and the last call fail alone, one between them and all that follow.
            let isBetween = number > 1 && number < count
            for lasts in Self.isExhaustive ? [false, true] : [isBetween] {
                let code: Int32 = lasts ? -5 : -30
                let fault = Fault(of: function, at: number, lasts: lasts, code: code)
                do {
                    let losses = try Self.train(
                        fault.applied(to: .system()), compiles: function.contains("Program"))
                    #expect(
                        Self.isHarmless(function, number), "\(function) \(number): unnoticed")
                    #expect(losses == whole.losses, "\(function) \(number)")
                } catch {
                    let name = lasts ? "CL_OUT_OF_RESOURCES (-5)" : "CL_INVALID_VALUE (-30)"
                    #expect("\(error)".contains(function), "\(function) \(number): \(error)")
                    #expect("\(error)".contains(name), "\(function) \(number): \(error)")
                }
            }
        }
    }

    /// The log of a program that does not build cannot be had either.
    @Test func aProgramWithoutALogIsNamed() throws {
        var library = try OpenCLLibrary.system()
        library.fault = { ["clBuildProgram", "clGetProgramBuildInfo"].contains($0) ? -11 : nil }
        let error = try #require(throws: KernelBuildError.self) {
            try Self.train(library, compiles: true)
        }
        #expect("\(error)".contains("clBuildProgram failed with CL_BUILD_PROGRAM_FAILURE (-11)"))
    }

    @Test func aLoaderThatIsMissingIsNamed() async throws {
        let error = try #require(throws: DeviceSelectionError.self) {
            try OpenCLLibrary(["libnothing.so.7"])
        }
        #expect("\(error)".contains("libnothing.so.7"))
        // A library that exists and is no loader, in a process that has no other.
        await #expect(processExitsWith: .exitCode(69)) {
            do { _ = try OpenCLLibrary(["libc.so.6"]) } catch {
                exit("\(error)".contains("clGetPlatformIDs") ? 69 : 1)
            }
        }
    }

    /// A call that does not return is reported with its name.
    @Test func aCallThatHangsIsNoticed() async {
        // In a process of its own: other tests make calls that take long.
        await #expect(processExitsWith: .exitCode(69)) {
            DeviceWatchdog.start(limit: 0.4) { exit($0 == "clGetDeviceIDs" ? 69 : 1) }
            var library = try OpenCLLibrary.system()
            library.fault = {
                if $0 == "clGetDeviceIDs" { sleep(60) }
                return nil
            }
            _ = try OpenCLPlatform.all(of: library)
        }
    }

    // MARK: - What is disturbed

    private struct Undisturbed {
        let calls: [String: Int]
        let losses: [Float]
    }

    /// Programs that were compiled already.
    private static let programs = Result { try TemporaryFolder() }

    private static let undisturbed = Result {
        _ = try train(.system(), compiles: false)
        func count(compiles: Bool) throws -> Undisturbed {
            let counts = Counts()
            var library = try OpenCLLibrary.system()
            library.fault = {
                counts.add($0)
                return nil
            }
            let losses = try train(library, compiles: compiles)
            return Undisturbed(calls: counts.all, losses: losses)
        }
        let (all, usual) = (try count(compiles: true), try count(compiles: false))
        let compiling = all.calls.filter { $0.key.contains("Program") }
        return Undisturbed(
            calls: usual.calls.merging(compiling) { $1 }, losses: usual.losses)
    }

    private final class Counts: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        func add(_ function: String) { counts.withLock { $0[function, default: 0] += 1 } }
        var all: [String: Int] { counts.withLock { $0 } }
    }

    /// Opens a device, trains for two epochs, evaluates and asks for the times of all kernels.
    ///
    /// - Parameter compiles: whether programs are compiled and kept, and then read again.
    private static func train(_ library: OpenCLLibrary, compiles: Bool) throws -> [Float] {
        let own = try TemporaryFolder()
        let folder = try compiles ? own : programs.get()
        var losses: [Float] = []
        for _ in 0..<(compiles ? 2 : 1) {
            let backend = try OpenCLBackend(
                OpenCLDevice.select("auto", of: library), engine: .local, profiling: true,
                programs: CacheFolder(folder.path))
            let description = try NetworkDescription(
                Architecture("Tiny", [.convolution(4, pool: 2), .averagePool(1)]),
                input: [8, 8, 1], classes: 3, rule: LLS())
            let trainer = try Trainer(
                Network(description, batch: 4, seed: 1, on: backend),
                optimizer: PublishedOptimizer.sgd, OptimizerSettings(learningRate: 0.01),
                TrainingOptions(epochs: 2))
            let report = try trainer.run(train: TinySource(), test: TinySource())
            _ = try backend.profile()
            try backend.synchronize()
            let copy = try backend.makeTensor([3])
            try backend.copy(try backend.makeTensor([3], [1, 2, 3]), into: copy)
            losses = try backend.read(copy) + (report?.losses ?? [])
        }
        return losses
    }
}

/// A call of one function that fails instead of being made.
private final class Fault: Sendable {
    private let function: String
    private let number: Int
    private let lasts: Bool
    private let code: Int32
    private let calls = Mutex(0)

    /// - Parameters:
    ///   - number: counted from 1.
    ///   - lasts: whether all later calls fail, too.
    init(of function: String, at number: Int, lasts: Bool, code: Int32) {
        self.function = function
        self.number = number
        self.lasts = lasts
        self.code = code
    }

    func applied(to library: OpenCLLibrary) -> OpenCLLibrary {
        var library = library
        library.fault = { function in
            guard function == self.function else { return nil }
            let call = self.calls.withLock { calls in
                calls += 1
                return calls
            }
            return call == self.number || (self.lasts && call > self.number) ? self.code : nil
        }
        return library
    }
}
