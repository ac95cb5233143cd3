import FileFormats
import LocalLearning
import Runs

extension RunConfiguration.CodingKeys {
    /// The flags that set it, without their dashes: the key itself before all.
    package var flags: [String] {
        let others =
            switch self {
            case .milestones: ["m"]
            case .noExif: ["exif"]
            case .nesterov, .exact, .newHead: ["no-\(rawValue)"]
            default: [String]()
            }
        return [rawValue] + otherNames + others
    }

    /// The environment variable that sets it where no flag does.
    var variable: String? {
        switch self {
        case .dataDir: "LLS_DATA"
        case .tuning: "LLS_TUNING"
        default: nil
        }
    }
}

/// The flags of a command line.
struct GivenFlags {
    /// What stands behind the command's name.
    let arguments: [String]
    /// Without their dashes.
    let names: Set<String>

    init(_ arguments: [String]) {
        self.arguments = arguments
        names = CommandArguments.flags(in: arguments)
    }

    /// The spelling by which a key was given; nil if it was not.
    func spelling(of key: RunConfiguration.CodingKeys) -> String? {
        key.flags.first(where: names.contains).map { $0.count == 1 ? "-\($0)" : "--\($0)" }
    }

    /// The last value of a flag that takes one.
    func value(of key: RunConfiguration.CodingKeys) -> String? {
        var value: String?
        for (index, argument) in arguments.enumerated() {
            for flag in key.flags {
                if argument == "--\(flag)", index + 1 < arguments.count {
                    value = arguments[index + 1]
                } else if argument.hasPrefix("--\(flag)=") {
                    value = String(argument.dropFirst(flag.count + 3))
                }
            }
        }
        return value
    }
}

extension RunConfiguration {
    /// The values of some keys as arguments, without those that flags give: what a file says stands
    /// between the flags and the defaults.
    func arguments(of keys: Set<CodingKeys>, besides given: GivenFlags) -> [String] {
        let texts = texts
        return CodingKeys.allCases.filter(keys.contains).flatMap { key -> [String] in
            let flag = "--\(key.rawValue)"
            guard given.spelling(of: key) == nil, !isReplaced(key, by: given) else { return [] }
            switch key {
            case .nesterov: return nesterov ? [flag] : []
            case .exact: return exact ? [flag] : []
            case .noExif: return noExif ? [flag] : []
            case .newHead: return newHead ? [flag] : []
            case .milestones: return [flag] + milestones.map(String.init)
            default: return texts[key].map { ["\(flag)=\($0)"] } ?? []
            }
        }
    }

    /// Whether a flag of another key leaves this key's value without meaning.
    private func isReplaced(_ key: CodingKeys, by given: GivenFlags) -> Bool {
        switch key {
        case .device:
            given.value(of: .backend).map { Cases<BackendOptions.Kind>.isCPU($0) } ?? false
        case .convolution: given.names.contains("exact")
        case .initialWeightsSHA256: given.spelling(of: .initialWeights) != nil
        case .dataDir: given.value(of: .dataset)?.lowercased().hasPrefix("folder:") ?? false
        default: false
        }
    }
}

extension Cases<BackendOptions.Kind> {
    fileprivate static func isCPU(_ name: String) -> Bool { (try? entry(name)) == .cpu }
}
