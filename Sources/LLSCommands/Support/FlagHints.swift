import BLASBackend
import Datasets
import Downloads
import Images

/// The flags and commands that do what a library's error advises, to stand behind its text: libraries
/// know settings, not command lines. Empty if no flag helps.
func flagHint(for error: any Error) -> String {
    guard let hint = hint(for: error) else { return "" }
    // A line of its own, if that is not the fourth.
    return "\(error)".split(separator: "\n").count < 3 ? "\n\(hint)" : " \(hint)"
}

private func hint(for error: any Error) -> String? {
    switch error {
    case is BadImagesError:
        "--bad-images skip leaves them out; 'lls data verify' lists all of them."
    case is ImageError: "--bad-images skip leaves it out."
    case is ClassMismatchError: "In training, --new-head with --init learns other classes."
    case is ThreadError: "--threads sets their number."
    case DatasetError.missing(let name, let place, _, _, _): missingHint(name, place)
    case DatasetError.placeNamedTwice: "--data-dir names the data folder."
    case DownloadError.offline: "--offline forbids it."
    case DownloadError.noRoom: "--data-dir names it."
    default: nil
    }
}

private func missingHint(_ name: String, _ place: DatasetError.Place?) -> String? {
    guard let description = try? namedDataset(name), !description.namesItsPlace else {
        return nil
    }
    let files = description.files.flatMap { $0.advice == nil ? $0.dataset : nil }
    let fetch =
        switch files {
        case nil: "Name"
        case "VWW": "Get it with 'lls data get VWW' and 'lls data prepare-vww', or name"
        case let files?: "Get it with 'lls data get \(files)', or name"
        }
    let usual =
        switch place {
        case .argument: " Without --data-dir the usual places are searched."
        case .environment: " Without $LLS_DATA the usual places are searched."
        case nil: ""
        }
    return "\(fetch) its folder with --data-dir.\(usual)"
}
