import Runs
import Testing
import Tracking

/// What `--track` takes, and what becomes of credentials.
struct AddressTests {
    @Test(arguments: [
        ("mlflow=http://localhost:5000", "http://localhost:5000"),
        ("MLflow=HTTPS://Host.example/ml/flow/", "https://host.example/ml/flow"),
        ("mlflow=http://[::1]:80/", "http://[::1]:80"),
        ("mlflow=http://user:p%40ss@host", "http://host"),
        ("mlflow=http://user@host:1", "http://host:1"),
    ])
    func addressesAreReduced(text: String, address: String) throws {
        #expect(try Tracker(parsing: text, environment: [:]).address == address)
    }

    @Test(arguments: [
        ("tensorbord", "Did you mean 'tensorboard'"), ("", "unknown tracker"),
        ("mlflw=http://host", "Did you mean 'mlflow'"), ("wandb", "Known: tensorboard, mlflow"),
        ("tensorboard=logs", "takes no value"), ("mlflow", "MLFLOW_TRACKING_URI"),
        ("mlflow=", "http://"), ("mlflow=host:5000", "http://"),
        ("mlflow=file:///tmp", "http://"), ("mlflow=sqlite:///m.db", "http://"),
        ("mlflow=http://", "no host"), ("mlflow=http://:80", "no host"),
        ("mlflow=http://host:0", "port"), ("mlflow=http://host:65536", "port"),
        ("mlflow=http://host:x", "port"), ("mlflow=http://host:", "port"),
        ("mlflow=http://ho st", "space"), ("mlflow=http://h\u{0}st", "space"),
        ("mlflow=http://hôst", "ASCII"), ("mlflow=http://host/?a=b", "'?'"),
        ("mlflow=http://[::1", "host"), ("mlflow=http://a$b", "host"),
        ("mlflow=http://:secret@host", "user name"),
        ("mlflow=http://u:secret%zz@host", "password"),
        ("mlflow=http://u:se/cret@host", ""),
        ("mlflow=http://u:secret@host:bad", "port"),
    ])
    func othersAreRefusedWithoutSecrets(text: String, mention: String) {
        do throws(ConfigurationError) {
            _ = try Tracker(parsing: text, environment: [:])
            Issue.record("\(text) is taken")
        } catch {
            #expect(mention.isEmpty || error.reason.contains(mention), "\(error)")
            #expect(!error.reason.contains("secret"), "\(error)")
            #expect(error.reason.split(separator: "\n").count <= 2)
        }
    }

    @Test func aLongAddressIsRefused() {
        #expect(throws: ConfigurationError.self) {
            try Tracker(parsing: "mlflow=http://h/" + String(repeating: "a", count: 3000))
        }
    }

    @Test func theEnvironmentNamesTheServer() throws {
        let named = ["MLFLOW_TRACKING_URI": "http://user:word@host:5000/"]
        #expect(try Tracker(parsing: "mlflow", environment: named).address == "http://host:5000")
        #expect(throws: ConfigurationError.self) {
            try Tracker(parsing: "mlflow", environment: ["MLFLOW_TRACKING_URI": "databricks"])
        }
    }

    @Test func commandLinesAreKeptWithoutCredentials() {
        let kept = Tracker.withoutCredentials([
            "lls", "train", "--track", "mlflow=http://u:secret@host/a",
            "--track=MLFLOW=http://u:se@cret@h",
            "--track=tensorboard", "mail=a@b", "--name", "a@b",
        ])
        #expect(
            kept == [
                "lls", "train", "--track", "mlflow=http://host/a", "--track=MLFLOW=http://h",
                "--track=tensorboard", "mail=a@b", "--name", "a@b",
            ])
    }
}
