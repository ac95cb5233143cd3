import Foundation
import Synchronization

/// As much of an MLflow server as a run talks to, with its limits and with answers as version 3.17 gives
/// them; `Scripts/check_tracking` tests against the real one.
public final class MLflowDouble: Sendable {
    /// A value that the server has been sent; the same one sent twice is there once, as in MLflow's tables.
    public struct Value: Hashable, Sendable {
        public let key: String
        public let value: String
        public let timestamp, step: Int
    }

    public struct Run: Sendable {
        public let experiment: String
        public internal(set) var status = "RUNNING"
        public internal(set) var values: Set<Value> = []
        public internal(set) var parameters: [String: String] = [:]
        public internal(set) var tags: [String: String] = [:]
    }

    /// What happens instead of a good answer.
    public enum Fault: Sendable {
        /// The request has its effect, and its sender hears nothing.
        case losesAnswer
        case answers(String, status: String = "200 OK", type: String = "application/json")
        /// So many seconds go by, and then nothing comes.
        case hangs(Double)
    }

    private struct State: Sendable {
        var experiments: [String] = []
        var runs: [String: Run] = [:]
        var calls: [String] = []
        var authorization: Set<String> = []
    }

    private let state: Mutex<State>
    private let server: LoopbackServer

    public var base: String { server.base }
    /// By identifier.
    public var runs: [String: Run] { state.withLock(\.runs) }
    /// The names of experiments.
    public var experiments: [String] { state.withLock(\.experiments) }
    /// The calls so far: `runs/create`.
    public var calls: [String] { state.withLock(\.calls) }
    /// The values of the header of that name.
    public var authorization: Set<String> { state.withLock(\.authorization) }

    /// - Parameter fault: called with a call and how many of all calls came before; nil for none.
    public init(
        _ fault: @escaping @Sendable (_ call: String, _ number: Int) -> Fault? = { _, _ in nil }
    ) throws {
        let shared = Shared()
        state = Mutex(State())
        server = try LoopbackServer { request in
            guard let double = shared.double.withLock({ $0 }) else { return [] }
            return double.answer(request, fault)
        }
        shared.double.withLock { $0 = self }
    }

    private final class Shared: Sendable {
        let double = Mutex<MLflowDouble?>(nil)
    }

    private func answer(
        _ request: LoopbackServer.Request, _ fault: (String, Int) -> Fault?
    ) -> [LoopbackServer.Action] {
        let prefix = "/api/2.0/mlflow/"
        guard request.path.hasPrefix(prefix) else { return page("no such path", "404 Not Found") }
        let path = request.path.dropFirst(prefix.count)
        let call = String(path.prefix { $0 != "?" })
        let number = state.withLock { state in
            defer { state.calls.append(call) }
            state.authorization.insert(request.headers["authorization"] ?? "")
            return state.calls.count
        }
        switch fault(call, number) {
        case .hangs(let seconds): return [.wait(seconds: seconds)]
        case .answers(let text, let status, let type): return page(text, status, type: type)
        case .losesAnswer:
            _ = handle(call, String(path), request.body)
            return []
        case nil: return handle(call, String(path), request.body)
        }
    }

    private func page(
        _ text: String, _ status: String = "200 OK", type: String = "application/json"
    ) -> [LoopbackServer.Action] {
        [.head(status, length: text.utf8.count, type: type), .send(Array(text.utf8))]
    }

    private func refusal(_ code: String, _ status: String) -> [LoopbackServer.Action] {
        page(#"{"error_code": "\#(code)", "message": "words\nof the server"}"#, status)
    }

    private func handle(
        _ call: String, _ path: String, _ body: [UInt8]
    ) -> [LoopbackServer.Action] {
        let object =
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        func text(_ key: String) -> String { object[key] as? String ?? "" }
        func pairs(_ key: String) -> [(String, String)] {
            (object[key] as? [[String: Any]] ?? []).map {
                ($0["key"] as? String ?? "", $0["value"] as? String ?? "")
            }
        }
        let missing = refusal("RESOURCE_DOES_NOT_EXIST", "404 Not Found")
        return state.withLock { state in
            switch call {
            case "experiments/get-by-name":
                let name = path.split(separator: "=").last?.removingPercentEncoding ?? ""
                guard let index = state.experiments.firstIndex(of: name) else { return missing }
                return page(
                    #"{"experiment": {"experiment_id": "\#(index + 1)", "#
                        + #""lifecycle_stage": "active"}}"#)
            case "experiments/create":
                guard !state.experiments.contains(text("name")) else {
                    return refusal("RESOURCE_ALREADY_EXISTS", "400 Bad Request")
                }
                state.experiments.append(text("name"))
                return page(#"{"experiment_id": "\#(state.experiments.count)"}"#)
            case "runs/create":
                let id = "run\(state.runs.count + 1)"
                var run = Run(experiment: text("experiment_id"))
                for (key, value) in pairs("tags") { run.tags[key] = value }
                state.runs[id] = run
                return page(#"{"run": {"info": {"run_id": "\#(id)"}}}"#)
            case "runs/search":
                let found = state.runs.filter { _, run in
                    run.tags.contains { "tags.`\($0)` = '\($1)'" == text("filter") }
                }
                let runs = found.map { #"{"info": {"run_id": "\#($0.key)"}}"# }
                return page(runs.isEmpty ? "{}" : #"{"runs": [\#(runs.joined(separator: ", "))]}"#)
            case "runs/get":
                guard let run = state.runs[String(path.split(separator: "=").last ?? "")] else {
                    return missing
                }
                let steps = Dictionary(
                    run.values.map { ($0.key, $0.step) }, uniquingKeysWith: max)
                let metrics = steps.map { #"{"key": "\#($0.key)", "step": \#($0.value)}"# }
                return page(
                    #"{"run": {"data": {"metrics": [\#(metrics.joined(separator: ", "))]}}}"#)
            case "runs/log-batch":
                guard var run = state.runs[text("run_id")] else { return missing }
                let metrics = object["metrics"] as? [[String: Any]] ?? []
                let isConflict = pairs("params").contains {
                    run.parameters[$0.0].map { [own = $0.1] in $0 != own } ?? false
                }
                guard metrics.count <= 1000, pairs("params").count <= 100,
                    pairs("tags").count <= 100, body.count <= 1_000_000, !isConflict
                else { return refusal("INVALID_PARAMETER_VALUE", "400 Bad Request") }
                for metric in metrics {
                    run.values.insert(
                        Value(
                            key: metric["key"] as? String ?? "",
                            value: "\(metric["value"] ?? "")",
                            timestamp: metric["timestamp"] as? Int ?? -1,
                            step: metric["step"] as? Int ?? -1))
                }
                for (key, value) in pairs("params") { run.parameters[key] = value }
                for (key, value) in pairs("tags") { run.tags[key] = value }
                state.runs[text("run_id")] = run
                return page("{}")
            case "runs/update":
                guard state.runs[text("run_id")] != nil else { return missing }
                state.runs[text("run_id")]?.status = text("status")
                return page("{}")
            default: return refusal("ENDPOINT_NOT_FOUND", "404 Not Found")
            }
        }
    }
}
