import FileFormats
import Foundation
import Tensors

/// Which variant computes which operation, on one device. All others are computed by the default, see
/// `Dense/Tiling.swift`.
///
/// Variants may sum in another order, so results depend on the table: the same seed, device and table
/// give the same bytes. The variants that a run searches by itself never change a byte, see
/// ``Tuner/Scope``.
public struct TuningTable: Codable, Equatable, Sendable {
    private struct Entry: Codable, Equatable {
        var variant: Variant
        /// Whether every variant there is was tried.
        var isComplete: Bool
    }

    /// By engine and shape class. An empty variant means that the default was found best.
    private var entries: [String: Entry] = [:]

    /// The table without entries: every operation by its default.
    public static let `default` = TuningTable()

    /// Shape classes with an entry.
    public var count: Int { entries.count }

    subscript(shape: ShapeClass, engine: KernelEngine) -> Variant? {
        entries[Self.key(shape, engine)]?.variant
    }

    mutating func set(
        _ variant: Variant, for shape: ShapeClass, _ engine: KernelEngine, isComplete: Bool
    ) {
        entries[Self.key(shape, engine)] = Entry(variant: variant, isComplete: isComplete)
    }

    /// Whether a search of `scope` has nothing to find for `shape`.
    func isSettled(_ shape: ShapeClass, _ engine: KernelEngine, for scope: Tuner.Scope) -> Bool {
        guard let entry = entries[Self.key(shape, engine)] else { return false }
        return scope == .sameBytes || entry.isComplete
    }

    private static func key(_ shape: ShapeClass, _ engine: KernelEngine) -> String {
        "\(engine.rawValue): \(shape.name)"
    }

    /// Tells tables apart; `default` for one that changes nothing.
    public var identity: String {
        let changes = entries.filter { $0.value.variant != Variant() }
            .map { "\($0.key): \($0.value.variant)" }.sorted()
        return changes.isEmpty ? "default" : fingerprint(changes.joined(separator: "\n").utf8)
    }

    /// This table with all that `other` holds besides, or knows better because it tried everything.
    package func merging(_ other: TuningTable) -> TuningTable {
        var merged = self
        merged.entries.merge(other.entries) { mine, theirs in
            theirs.isComplete && !mine.isComplete ? theirs : mine
        }
        return merged
    }
}

/// The store of tables: one file for each platform, device, driver, version and number of compute
/// units.
public struct TuningStore: Sendable {
    private let folder: CacheFolder
    private let key: String

    /// Nil if the user has no cache.
    public init?(for device: OpenCLDevice, in folder: CacheFolder? = .named("tuning")) {
        guard let folder else { return nil }
        self.folder = folder
        key = [
            "tuning", device.traits.platform, device.name, device.traits.driver,
            device.openCLVersion, "\(device.traits.reportedComputeUnits) compute units",
        ].joined(separator: " | ")
    }

    /// The path of the table's file, which need not exist.
    public var file: String { folder.file(for: key, type: "json") }

    /// The table that was kept; the default if there is none, or none that is sound.
    public func load() -> TuningTable {
        guard let data = folder.read(key, type: "json"),
            let table = try? JSONDecoder().decode(TuningTable.self, from: data)
        else { return .default }
        return table
    }

    /// Keeps `table` beside the entries that other processes have saved, so that several that save at
    /// once lose nothing.
    ///
    /// - Parameter replacing: whether the entries saved before are dropped.
    public func save(_ table: TuningTable, replacing: Bool = false) throws {
        try folder.exclusively {
            let whole = replacing ? table : table.merging(load())
            try folder.write(Data(try JSONText.page(whole).utf8), for: key, type: "json")
        }
    }
}
