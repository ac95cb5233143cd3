import FileFormats
import Inference

/// Predictions as lines on standard output, for people or for programs.
struct PredictionWriter {
    enum Format { case text, json, csv }

    let format: Format
    /// Classes that are named of each picture, the likeliest first.
    let top: Int
    private let nameColumns: Int
    private(set) var classified = 0
    private(set) var failed = 0
    /// Of the first picture that failed.
    private(set) var firstFailure: String?

    private struct Candidate: Encodable {
        let `class`: String
        let label: Int
        let probability: Float

        init(_ candidate: Prediction.Candidate) {
            `class` = candidate.name
            label = candidate.label
            probability = candidate.probability
        }
    }

    private struct Picture: Encodable {
        let path: String
        var error: String?
        var `class`: String?
        var label: Int?
        var probability: Float?
        var top: [Candidate]?
    }

    /// Writes the heading of a table.
    init(_ format: Format, top: Int, classes: [String]) {
        self.format = format
        self.top = min(top, classes.count)
        nameColumns = classes.map(\.legible.columns).max() ?? 0
        guard format == .csv else { return }
        let places = (1...self.top).flatMap { place in
            place == 1 ? ["class", "probability"] : ["class_\(place)", "probability_\(place)"]
        }
        Console.result(CSV.row(["path"] + places + ["error"]))
    }

    /// A line for each picture, or several; bad ones are named on standard error if the lines are for
    /// people.
    mutating func write(_ pictures: [PicturePrediction]) throws {
        var lines: [String] = []
        for picture in pictures {
            switch picture.result {
            case .success(let prediction):
                classified += 1
                lines += try self.lines(picture.path, prediction.top(top))
            case .failure(let error):
                failed += 1
                firstFailure = firstFailure ?? "\(picture.path.legible): \(error.reason)"
                lines += try self.lines(picture.path, failure: error.reason)
            }
        }
        if !lines.isEmpty { Console.result(lines.joined(separator: "\n")) }
    }

    private func lines(_ path: String, _ top: [Prediction.Candidate]) throws -> [String] {
        switch format {
        case .text:
            func line(_ candidate: Prediction.Candidate) -> String {
                Double(candidate.probability).fixed(4) + "  "
                    + candidate.name.legible.padded(toColumns: self.top == 1 ? nameColumns : 0)
            }
            guard self.top > 1 || top.isEmpty else { return [line(top[0]) + "  " + path.legible] }
            return [path.legible] + top.map { "  " + line($0) }
        case .json:
            var object = Picture(path: path)
            object.class = top.first?.name
            object.label = top.first?.label
            object.probability = top.first?.probability
            object.top = top.map(Candidate.init)
            return [try json(object)]
        case .csv:
            let fields = top.flatMap { [$0.name, "\($0.probability)"] }
            return [CSV.row([path] + fields + [""])]
        }
    }

    private func lines(_ path: String, failure: String) throws -> [String] {
        switch format {
        case .text:
            Console.note("note: \(path.legible): \(failure)")
            return []
        case .json: return [try json(Picture(path: path, error: failure))]
        case .csv:
            let empty = Array(repeating: "", count: 2 * top)
            return [CSV.row([path] + empty + [failure])]
        }
    }

    /// How many pictures there were; on standard error if the lines are for programs.
    func end() {
        let line =
            "result pictures=\(classified + failed) classified=\(classified) failed=\(failed)"
        if format == .text { Console.result(line) } else { Console.note(line) }
    }
}

/// Pictures none of which could be classified.
struct NoPictureError: CategorizedError {
    let count: Int
    let first: String
    var category: ErrorCategory { .malformedData }
    var description: String {
        "none of \(count == 1 ? "1 picture" : "\(count) pictures") could be classified\n\(first)"
    }
}
