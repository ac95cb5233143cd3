import Foundation
import OpenCLBackend
import Synchronization
import Tensors
import TestSupport
import Testing

/// The search itself, on variants that are numbers and a clock that is invented.
struct VariantSearchTests {
    struct Refused: Error, CustomStringConvertible {
        let description = "cannot build convolve: no registers left\nand more"
    }

    /// Variants by name; the default takes a second.
    private func search(
        _ seconds: [String: Double], values: [String: [Float]] = [:], failing: Set<String> = [],
        isOver: @escaping () -> Bool = { false }
    ) throws -> VariantSearch<String>.Outcome {
        try VariantSearch(
            candidates: seconds.keys.sorted(),
            compute: { name in
                if let name, failing.contains(name) { throw Refused() }
                return values[name ?? ""] ?? [1, 2, 3]
            },
            time: { name in name.flatMap { seconds[$0] } ?? 1 },
            isOver: isOver
        ).run()
    }

    @Test func theFastestIsChosen() throws {
        let outcome = try search(["a": 0.9, "b": 0.5, "c": 0.7])
        #expect(outcome.choice == "b" && outcome.gain == 2)
        #expect(outcome.skipped.isEmpty && outcome.isComplete)
    }

    @Test func noiseDoesNotChoose() throws {
        let outcome = try search(["a": 0.97, "b": 1.1])
        #expect(outcome.choice == nil && outcome.gain == 1)
    }

    @Test func aVariantThatDoesNotBuildIsSkippedAndNamed() throws {
        let outcome = try search(["broken": 0.1, "good": 0.8], failing: ["broken"])
        #expect(outcome.choice == "good")
        #expect(outcome.skipped.map(\.choice) == ["broken"])
        #expect(outcome.skipped.first?.reason == "cannot build convolve: no registers left")
    }

    @Test(arguments: [[1, 2, Float.nan], [1, 2, .infinity], [1, 2, 3.001], [1, 2], []])
    func aVariantThatIsWrongIsSkippedHoweverFast(values: [Float]) throws {
        let outcome = try search(["wrong": 0.01, "good": 0.8], values: ["wrong": values])
        #expect(outcome.choice == "good")
        #expect(outcome.skipped.map(\.choice) == ["wrong"])
    }

    /// Rounding is right, but not for a search that must keep every byte.
    @Test(arguments: [false, true])
    func anExactSearchPassesOverOtherRounding(isExact: Bool) throws {
        let outcome = try VariantSearch(
            candidates: ["rounded"], isExact: isExact,
            compute: { $0 == nil ? [1, 2, 3] : [1, 2, Float(3).nextUp] },
            time: { $0 == nil ? 1 : 0.5 }, isOver: { false }
        ).run()
        #expect(outcome.choice == (isExact ? nil : "rounded") && outcome.skipped.isEmpty)
    }

    @Test func roundingIsNotWrong() {
        #expect(difference([1, 2, 3.00001], [1, 2, 3]) == nil)
        #expect(difference([0, 0], [0, 0]) == nil)
        #expect(difference([0, 1], [0, 0]) != nil)
    }

    @Test func theSearchEndsWithItsTime() throws {
        var calls = 0
        let outcome = try search(
            ["a": 0.5, "b": 0.1],
            isOver: {
                calls += 1
                return calls > 1
            })
        #expect(outcome.choice == "a" && !outcome.isComplete)
    }

    @Test func withoutTheDefaultThereIsNoSearch() {
        #expect(throws: Refused.self) {
            try VariantSearch<String>(
                candidates: ["a"], compute: { _ in throw Refused() }, time: { _ in 1 },
                isOver: { false }
            ).run()
        }
    }
}

/// Files that may be cut short, changed, or not there.
struct CacheFolderTests {
    private let folder: TemporaryFolder
    private let cache: CacheFolder

    init() throws {
        folder = try TemporaryFolder()
        cache = CacheFolder(folder.path + "/deep/cache")
    }

    @Test func whatIsWrittenIsRead() throws {
        let body = Data([0, 10, 255, 10])
        try cache.write(body, for: "one", type: "bin")
        #expect(cache.read("one", type: "bin") == body)
        #expect(cache.read("two", type: "bin") == nil)
        #expect(cache.read("one", type: "json") == nil)
    }

    @Test func damagedFilesCountAsMissing() throws {
        try cache.write(Data("some table".utf8), for: "key", type: "json")
        let file = URL(filePath: cache.file(for: "key", type: "json"))
        let whole = try Data(contentsOf: file)
        for count in 0..<whole.count {
            try whole.prefix(count).write(to: file)
            #expect(cache.read("key", type: "json") == nil, "cut to \(count)")
        }
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 1
            try changed.write(to: file)
            #expect(cache.read("key", type: "json") == nil, "changed at \(index)")
        }
        try Data(repeating: 0xFF, count: 1 << 16).write(to: file)
        #expect(cache.read("key", type: "json") == nil)
    }

    /// Two keys whose names collide must not read each other's file.
    @Test func aFileForAnotherKeyIsNotRead() throws {
        try cache.write(Data("mine".utf8), for: "mine", type: "bin")
        try FileManager.default.moveItem(
            atPath: cache.file(for: "mine", type: "bin"),
            toPath: cache.file(for: "yours", type: "bin"))
        #expect(cache.read("yours", type: "bin") == nil)
    }

    @Test func nothingHalfWrittenIsLeft() throws {
        try cache.write(Data("a".utf8), for: "key", type: "bin")
        try cache.write(Data("b".utf8), for: "key", type: "bin")
        #expect(try folder.contents("deep/cache").count == 1)
    }

    @Test func aFolderThatCannotBeMadeThrows() throws {
        let file = try folder.put([1], as: "file")
        let blocked = CacheFolder(file + "/cache")
        #expect(throws: (any Error).self) {
            try blocked.write(Data(), for: "key", type: "bin")
        }
        #expect(blocked.read("key", type: "bin") == nil)
    }

    @Test func theFolderFollowsTheSpecification() {
        func path(_ environment: [String: String]) -> String? {
            CacheFolder.named("tuning", environment: environment)?.path
        }
        #expect(path(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/lls/tuning")
        #expect(path(["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/lls/tuning")
        #expect(path(["XDG_CACHE_HOME": "", "HOME": "/h"]) == "/h/.cache/lls/tuning")
        #expect(path([:]) == nil)
    }
}

/// Tables on real devices.
struct TuningTableTests {
    static let operations: [DenseOperation] =
        [
            .product(ProductGeometry(rows: 33, depth: 65, columns: 40)),
            .product(ProductGeometry(rows: 40, depth: 65, columns: 33, isLeftTransposed: true)),
            .product(ProductGeometry(rows: 33, depth: 40, columns: 65, isRightTransposed: true)),
        ]
        + DenseOperation.Pass.allCases.map {
            .convolution(
                ConvolutionGeometry(
                    batch: 3, height: 9, width: 7, inputChannels: 20, outputChannels: 36), $0)
        }

    static var devices: [OpenCLDevice] {
        (try? OpenCLPlatform.all().flatMap(\.devices)) ?? []
    }

    /// Every variant there is computes what the default does, on every device.
    @Test(arguments: 0..<devices.count, KernelEngine.allCases)
    func everyVariantIsRight(device: Int, engine: KernelEngine) throws {
        var findings: [Tuner.Finding] = []
        let table = try Tuner(Self.devices[device], engine: engine).search(
            Self.operations, extending: .default, scope: .all, budget: 600
        ) { findings.append($0) }
        #expect(findings.count == Self.operations.count && table.count == findings.count)
        for finding in findings {
            #expect(finding.isComplete && finding.skipped.isEmpty, "\(finding)")
        }
        #expect(!Tuner.isNeeded(for: Self.operations, table, engine: engine, scope: .all))
    }

    /// What a run finds by itself changes no byte.
    @Test(arguments: 0..<devices.count)
    func aShortSearchKeepsEveryByte(device: Int) throws {
        let device = Self.devices[device]
        let table = try Tuner(device).search(
            Self.operations, extending: .default, scope: .sameBytes, budget: 600)
        let outputs = try [TuningTable.default, table].map { table in
            let backend = try OpenCLBackend(device, tuning: table)
            let left = try backend.makeTensor([33, 65], (0..<2145).map { 1 / Float($0 + 1) })
            let right = try backend.makeTensor([65, 40], (0..<2600).map { 1 / Float($0 + 3) })
            let output = try backend.makeTensor([33, 40])
            try backend.multiply(left.matrix, right.matrix, into: output)
            return try backend.read(output)
        }
        #expect(outputs[0] == outputs[1])
    }

    /// What no time is left for is settled too: a second run must not find otherwise.
    @Test func aSearchWithoutTimeSettlesEverything() throws {
        let device = try #require(Self.devices.first)
        let table = try Tuner(device).search(
            Self.operations, extending: .default, scope: .sameBytes, budget: 0)
        #expect(table.count == Self.operations.count && table.identity == "default")
        let engine = device.traits.preferredEngine
        #expect(!Tuner.isNeeded(for: Self.operations, table, engine: engine))
        // `lls tune` goes on where time ran out.
        #expect(Tuner.isNeeded(for: Self.operations, table, engine: engine, scope: .all))
    }

    @Test func aKeptTableIsReadAndRubbishIsNot() throws {
        let device = try #require(Self.devices.first)
        let folder = CacheFolder(try TemporaryFolder().path)
        let store = try #require(TuningStore(for: device, in: folder))
        #expect(store.load() == .default)
        let table = try Tuner(device).search(
            Self.operations, extending: .default, scope: .sameBytes, budget: 0)
        try store.save(table)
        #expect(store.load() == table)
        try Data("{\"entries\":7}".utf8).write(to: URL(filePath: store.file))
        #expect(store.load() == .default)
    }

    /// Searches that end at once: none loses what another found.
    @Test func tablesThatAreSavedAtOnceAreMerged() throws {
        let device = try #require(Self.devices.first)
        let folder = try TemporaryFolder()
        let store = try #require(TuningStore(for: device, in: CacheFolder(folder.path + "/deep")))
        let failures = Mutex<[any Error]>([])
        DispatchQueue.concurrentPerform(iterations: 64) { index in
            do {
                let text = """
                    {"entries":{"register: shape \(index)":{"isComplete":false,"variant":{}}}}
                    """
                try store.save(
                    try JSONDecoder().decode(TuningTable.self, from: Data(text.utf8)))
            } catch {
                failures.withLock { $0.append(error) }
            }
        }
        #expect(failures.withLock { $0.isEmpty })
        #expect(store.load().count == 64)
        #expect(try folder.contents("deep").count == 1)
    }

    /// A table is data: tiles that do not exist are not asked of the compiler.
    @Test(arguments: [
        "{\"height\":99,\"vectors\":2}", "{\"height\":0,\"vectors\":1}",
        "{\"height\":8,\"vectors\":3}", "{\"height\":-1,\"vectors\":-1}",
    ])
    func impossibleVariantsAreIgnored(tile: String) throws {
        let device = try #require(Self.devices.first)
        let name = "register: product 64x65 · 65x40"
        let table = try JSONDecoder().decode(
            TuningTable.self,
            from: Data(
                "{\"entries\":{\"\(name)\":{\"isComplete\":true,\"variant\":{\"register\":\(tile)}}}}"
                    .utf8))
        #expect(!Tuner.isNeeded(for: [Self.operations[0]], table, engine: .register))
        let backend = try OpenCLBackend(device, engine: .register, tuning: table)
        let ones = try backend.makeTensor([33, 65], Array(repeating: 1, count: 33 * 65))
        let twos = try backend.makeTensor([65, 40], Array(repeating: 2, count: 65 * 40))
        let output = try backend.makeTensor([33, 40])
        try backend.multiply(ones.matrix, twos.matrix, into: output)
        #expect(try backend.read(output) == Array(repeating: 130, count: 33 * 40))
    }

    /// The last batch of an epoch is computed as the others are, where it is not much smaller.
    @Test func batchesCountInPowersOfTwo() throws {
        func operation(batch: Int) -> DenseOperation {
            .convolution(
                ConvolutionGeometry(
                    batch: batch, height: 8, width: 8, inputChannels: 16, outputChannels: 16),
                .forward)
        }
        let device = try #require(Self.devices.first)
        let table = try Tuner(device).search(
            [operation(batch: 128), operation(batch: 96)], extending: .default, scope: .sameBytes,
            budget: 0)
        #expect(table.count == 1)
    }
}
