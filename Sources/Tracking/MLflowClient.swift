import FileFormats
import Foundation

/// MLflow's REST API 2.0, as far as a run needs it.
///
/// Whatever a server answers is checked: an answer that is no JSON object counts as none, so that a page
/// of a proxy is not taken for a receipt.
struct MLflowClient {
    private let connection: HTTPConnection
    private let server: String
    /// Called after every answer.
    private let onAnswer: () -> Void

    init(_ connection: HTTPConnection, of server: MLflowServer, onAnswer: @escaping () -> Void) {
        self.connection = connection
        self.server = server.address
        self.onAnswer = onAnswer
    }

    // MARK: - Calls

    /// The identifier of an experiment, which is made if there is none of the name.
    func experiment(named name: String) throws(ServerFailure) -> String {
        if let found = try find(experiment: name) { return found }
        do throws(ServerFailure) {
            return try identifier(
                try post("experiments/create", NewExperiment(name: name), Created.self)
                    .experiment_id, "an experiment")
        } catch {
            // Another run may have made it in the meantime.
            guard case .refused(_, _, "RESOURCE_ALREADY_EXISTS", _) = error,
                let found = try find(experiment: name)
            else { throw error }
            return found
        }
    }

    private func find(experiment name: String) throws(ServerFailure) -> String? {
        let query = name.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? ""
        do throws(ServerFailure) {
            let answer = try get(
                "experiments/get-by-name?experiment_name=\(query)", FoundExperiment.self)
            guard answer.experiment?.lifecycle_stage != "deleted" else {
                throw .refused(
                    server: server, status: 200, code: "",
                    message: "the experiment '\(name)' is deleted there")
            }
            return try identifier(answer.experiment?.experiment_id, "an experiment")
        } catch {
            guard case .refused(_, 404, "RESOURCE_DOES_NOT_EXIST", _) = error else { throw error }
            return nil
        }
    }

    private static let plain = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    /// The identifier of the run that has this tag; nil if there is none.
    func run(tagged tag: MLflowText, in experiment: String) throws(ServerFailure) -> String? {
        let search = Search(
            experiment_ids: [experiment], filter: "tags.`\(tag.key)` = '\(tag.value)'",
            max_results: 1)
        guard let run = try post("runs/search", search, FoundRuns.self).runs?.first else {
            return nil
        }
        return try identifier(run.info?.run_id, "a run")
    }

    /// Makes a run. - Parameter start: in milliseconds since 1970.
    func makeRun(
        in experiment: String, name: String, start: Int64, tags: [MLflowText]
    ) throws(ServerFailure) -> String {
        let run = NewRun(
            experiment_id: experiment, run_name: name, start_time: start, tags: tags)
        return try identifier(
            try post("runs/create", run, CreatedRun.self).run?.info?.run_id, "a run")
    }

    /// By name of a metric, the greatest step that a run has.
    func steps(of run: String) throws(ServerFailure) -> [String: Int] {
        let query = run.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? ""
        let found = try get("runs/get?run_id=\(query)", CreatedRun.self).run?.data?.metrics ?? []
        return Dictionary(found.map { ($0.key, $0.step ?? 0) }, uniquingKeysWith: max)
    }

    func log(_ batch: MLflowBatch) throws(ServerFailure) {
        _ = try post("runs/log-batch", batch, Anything.self)
    }

    /// Says how a run stands. - Parameter end: in milliseconds since 1970; nil if it goes on.
    func update(
        _ run: String, status: MLflowStatus, end: Int64?
    ) throws(ServerFailure) {
        _ = try post(
            "runs/update", Update(run_id: run, status: status, end_time: end), Anything.self)
    }

    // MARK: - Requests and answers

    private struct NewExperiment: Encodable { let name: String }
    private struct Created: Decodable { let experiment_id: String? }
    private struct FoundExperiment: Decodable {
        struct Experiment: Decodable { let experiment_id, lifecycle_stage: String? }
        let experiment: Experiment?
    }
    private struct Search: Encodable {
        let experiment_ids: [String]
        let filter: String
        let max_results: Int
    }
    private struct Run: Decodable {
        struct Info: Decodable { let run_id: String? }
        struct Data: Decodable { let metrics: [Metric]? }
        struct Metric: Decodable {
            let key: String
            let step: Int?
        }
        let info: Info?
        let data: Data?
    }
    private struct FoundRuns: Decodable { let runs: [Run]? }
    private struct NewRun: Encodable {
        let experiment_id, run_name: String
        let start_time: Int64
        let tags: [MLflowText]
    }
    private struct CreatedRun: Decodable { let run: Run? }
    private struct Update: Encodable {
        let run_id: String
        let status: MLflowStatus
        let end_time: Int64?
    }
    private struct Anything: Decodable {
        private struct AnyKey: CodingKey {
            let stringValue: String
            let intValue: Int? = nil
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
        init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: AnyKey.self) }
    }
    private struct Refusal: Decodable { let error_code, message: String? }

    private func get<Value: Decodable>(
        _ path: String, _: Value.Type
    ) throws(ServerFailure) -> Value {
        try read(Value.self, try connection.request("/api/2.0/mlflow/" + path))
    }

    private func post<Value: Decodable>(
        _ path: String, _ body: some Encodable, _: Value.Type
    ) throws(ServerFailure) -> Value {
        let bytes: [UInt8]
        do { bytes = Array(try MLflowBatch.encoder.encode(body)) } catch {
            preconditionFailure("\(error): every request is JSON")
        }
        return try read(
            Value.self, try connection.request("/api/2.0/mlflow/" + path, json: bytes))
    }

    private func read<Value: Decodable>(
        _: Value.Type, _ answer: HTTPConnection.Answer
    ) throws(ServerFailure) -> Value {
        onAnswer()
        guard (200..<300).contains(answer.status) else {
            let refusal = try? JSONText.read(Refusal.self, from: answer.body)
            let isRedirect = (300..<400).contains(answer.status)
            throw .refused(
                server: server, status: answer.status, code: line(refusal?.error_code),
                message: isRedirect
                    ? "a redirect; name the address that it leads to" : line(refusal?.message))
        }
        do { return try JSONText.read(Value.self, from: answer.body) } catch {
            throw .notMLflow(server: server, "it is no JSON of the kind expected")
        }
    }

    /// A server's words for people: one short line.
    private func line(_ text: String?) -> String {
        let words = (text ?? "").split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        return words.count > 200 ? words.prefix(200) + "…" : words
    }

    private func identifier(_ text: String?, _ what: String) throws(ServerFailure) -> String {
        guard let text, MLflowClient.isIdentifier(text) else {
            throw .notMLflow(server: server, "it has no identifier of \(what)")
        }
        return text
    }

    /// Whether a server may have named a run or an experiment so.
    static func isIdentifier(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
    }
}

/// How a run stands, in MLflow's words.
enum MLflowStatus: String, Codable, Sendable {
    case running = "RUNNING"
    case finished = "FINISHED"
    case failed = "FAILED"
    case killed = "KILLED"
}
