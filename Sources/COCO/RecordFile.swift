import CRapidJSON
import FileFormats
import Foundation

/// A value of a record that somebody may want.
enum RecordValue {
    case text(String)
    /// As it is written: whole numbers and others are told apart by whoever needs one.
    case number(String)
    case numbers([Double])
    case other
}

/// One object in one of the lists of a COCO file: `annotations[12]`.
struct Record {
    let section: String
    let index: Int
    var fields: [String: RecordValue] = [:]
    /// Bytes of the file that were read when the record ended.
    fileprivate(set) var offset = 0
    let path: String

    /// What an error calls it.
    var name: String { "\(section)[\(index)]" }

    func malformed(_ field: String, _ reason: String) -> FileError {
        .malformed(path, field: "\(name).\(field)", offset: offset, reason)
    }

    /// A whole number that is not negative.
    func wholeNumber(_ field: String) throws(FileError) -> Int {
        guard let value = fields[field] else { throw malformed(field, "it is missing") }
        guard case .number(let text) = value, let number = Int(text), number >= 0 else {
            throw malformed(field, "expected a whole number")
        }
        return number
    }

    /// A number that is not negative.
    func number(_ field: String) throws(FileError) -> Double {
        guard let value = fields[field] else { throw malformed(field, "it is missing") }
        guard case .number(let text) = value, let number = Double(text), number.isFinite,
            number >= 0
        else { throw malformed(field, "expected a number of at least 0") }
        return number
    }

    func text(_ field: String) throws(FileError) -> String {
        guard let value = fields[field] else { throw malformed(field, "it is missing") }
        guard case .text(let text) = value else { throw malformed(field, "expected a string") }
        return text
    }

    /// The numbers of an array, or nil where there are none.
    func numbers(_ field: String) -> [Double]? {
        if case .numbers(let numbers)? = fields[field] { numbers } else { nil }
    }
}

/// Reads a JSON file of the form `{"images": [{…}, …], "annotations": [{…}, …], …}` record by
/// record, however large it is.
///
/// `wanted` names the lists and, of each, the fields that are kept; everything else is checked and
/// dropped. A list or a wanted field that appears twice is an error, and so is a wanted list that
/// is missing or anything but a list of objects.
///
/// Throws ``FileError`` naming the record and field, or the byte where the JSON is wrong.
func readRecords(
    _ path: String, wanted: [String: Set<String>],
    _ body: (Record) throws(FileError) -> Void
) throws(FileError) {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    let descriptor = FileSystem.open(path, O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0, let file = fdopen(descriptor, "r") else { throw .opening(path, errno) }
    defer { fclose(file) }
    var status = stat()
    guard fstat(fileno(file), &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw .opening(path, EINVAL)
    }
    let scanner = RecordScanner(path: path, wanted: wanted)
    let result = try withoutActuallyEscaping(body) { body throws(FileError) in
        scanner.body = body
        defer { scanner.body = nil }
        return scanner.scan(file, size: Int(status.st_size))
    }
    if let failure = scanner.failure { throw failure }
    guard result.outcome == json_outcome_ok else {
        throw .malformed(
            path, field: "JSON", offset: result.offset,
            result.reason.map { String(cString: $0) } ?? "invalid JSON")
    }
    if let missing = wanted.keys.sorted().first(where: { !scanner.seen.contains($0) }) {
        throw .malformed(path, field: missing, offset: result.offset, "missing list")
    }
}

extension FileError {
    fileprivate static func opening(_ path: String, _ code: Int32) -> FileError {
        let reason =
            code == EINVAL ? "it is not a regular file" : String(cString: strerror(code))
        return FileError(
            path: path, operation: "open", reason: reason, category: .missingInput)
    }
}

/// Turns the parser's events into records.
private final class RecordScanner {
    let path: String
    let wanted: [String: Set<String>]
    var body: ((Record) throws(FileError) -> Void)?
    private(set) var failure: FileError?
    private(set) var seen: Set<String> = []

    /// Arrays and objects that are open.
    private var depth = 0
    private var section: String?
    private var record: Record?
    private var index = 0
    /// The wanted field that is being read.
    private var field: String?
    private var numbers: [Double]?

    init(path: String, wanted: [String: Set<String>]) {
        self.path = path
        self.wanted = wanted
    }

    func scan(_ file: UnsafeMutablePointer<FILE>, size: Int) -> json_result {
        // Root, list, record, and the numbers of one field.
        json_parse(
            file, size, 4,
            { context, event, text, length, offset in
                guard let context else { return false }
                let scanner = Unmanaged<RecordScanner>.fromOpaque(context).takeUnretainedValue()
                let bytes = UnsafeRawBufferPointer(start: text, count: length)
                do throws(FileError) {
                    try scanner.handle(event, bytes, offset)
                    return true
                } catch {
                    scanner.failure = error
                    return false
                }
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func handle(
        _ event: json_event, _ bytes: UnsafeRawBufferPointer, _ offset: Int
    ) throws(FileError) {
        switch event {
        case json_event_key:
            try key(String(decoding: bytes, as: UTF8.self), offset)
        case json_event_object_start, json_event_array_start:
            depth += 1
            try enter(isObject: event == json_event_object_start, offset)
        case json_event_object_end, json_event_array_end:
            try leave(offset)
            depth -= 1
        default:
            try scalar(event, bytes, offset)
        }
    }

    private func key(_ name: String, _ offset: Int) throws(FileError) {
        if depth == 1 {
            section = wanted[name] == nil ? nil : name
            guard section == nil || seen.insert(name).inserted else {
                throw .malformed(path, field: name, offset: offset, "it appears twice")
            }
        } else if depth == 3, let record {
            field = wanted[record.section]?.contains(name) == true ? name : nil
            guard field == nil || record.fields[name] == nil else {
                throw record.malformed(name, "it appears twice")
            }
        }
    }

    private func enter(isObject: Bool, _ offset: Int) throws(FileError) {
        switch depth {
        case 1 where !isObject: throw unexpected("the file", "an object", offset)
        case 2:
            index = 0
            if let section, isObject { throw unexpected(section, "a list", offset) }
        case 3:
            guard let section else { break }
            guard isObject else { throw unexpected("\(section)[\(index)]", "an object", offset) }
            record = Record(section: section, index: index, offset: offset, path: path)
        case 4 where field != nil: numbers = isObject ? nil : []
        default: break
        }
    }

    private func leave(_ offset: Int) throws(FileError) {
        switch depth {
        case 2: section = nil
        case 3:
            if var finished = record {
                finished.offset = offset
                try body?(finished)
            }
            record = nil
            index += 1
        case 4:
            if let field { record?.fields[field] = numbers.map { .numbers($0) } ?? .other }
            (field, numbers) = (nil, nil)
        default: break
        }
    }

    private func scalar(
        _ event: json_event, _ bytes: UnsafeRawBufferPointer, _ offset: Int
    ) throws(FileError) {
        switch depth {
        case 0: throw unexpected("the file", "an object", offset)
        case 1:
            if let section { throw unexpected(section, "a list", offset) }
        case 2:
            if let section { throw unexpected("\(section)[\(index)]", "an object", offset) }
        case 3:
            guard let field else { break }
            let text = String(decoding: bytes, as: UTF8.self)
            record?.fields[field] =
                switch event {
                case json_event_number: .number(text)
                case json_event_string: .text(text)
                default: .other
                }
            self.field = nil
        case 4:
            guard numbers != nil else { break }
            let value =
                event == json_event_number
                ? Double(String(decoding: bytes, as: UTF8.self)) : nil
            if let value { numbers?.append(value) } else { numbers = nil }
        default: break
        }
    }

    private func unexpected(_ name: String, _ what: String, _ offset: Int) -> FileError {
        .malformed(path, field: name, offset: offset, "expected \(what)")
    }
}
