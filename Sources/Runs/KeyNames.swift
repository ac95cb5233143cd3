import Suggestions

extension RunConfiguration.CodingKeys {
    /// What else the setting is called: on the command line, and by the published program.
    package var otherNames: [String] {
        switch self {
        case .dataDir: ["dataset-dir"]
        case .rule: ["training-mode"]
        case .epochs: ["num-epochs"]
        case .lr: ["learning-rate"]
        case .milestones: ["milestone"]
        case .reportEvery: ["print-freq"]
        default: []
        }
    }

    /// The key that an unknown one was most likely meant to be; nil if none is near.
    static func nearest(to name: String) -> Self? {
        let names = allCases.flatMap { key in ([key.rawValue] + key.otherNames).map { ($0, key) } }
        let guess = Suggestions.nearest(to: name, among: names.map(\.0))
        return names.first { $0.0 == guess }?.1
    }
}
