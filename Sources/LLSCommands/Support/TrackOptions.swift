import ArgumentParser
import Runs
import Tracking

/// Where measurements go, besides the run's folder.
struct TrackOptions: ParsableArguments {
    @Option(
        name: .customLong("track"),
        help: ArgumentHelp(
            """
            Also write measurements for TensorBoard, or send them to an MLflow server: tensorboard, \
            mlflow=URL, or mlflow for the server of $MLFLOW_TRACKING_URI; may be given several times. A run \
            that goes on keeps its trackers; none ends them.
            """, valueName: "tracker"),
        completion: .list(Tracker.names + ["none"]))
    var track: [String] = []

    func validate() throws { _ = try trackers }

    /// Each once; nil if none was named.
    ///
    /// - Throws: `ValidationError` for a tracker that there is not.
    var trackers: [Tracker]? {
        get throws {
            guard !track.isEmpty else { return nil }
            if track == ["none"] { return [] }
            guard !track.contains("none") else {
                throw ValidationError("--track none goes with no other tracker")
            }
            var found: [Tracker] = []
            for text in track {
                let tracker: Tracker
                do { tracker = try Tracker(parsing: text) } catch {
                    throw ValidationError("--track: \(error.reason)")
                }
                if !found.contains(where: { $0.address == tracker.address }) {
                    found.append(tracker)
                }
            }
            return found
        }
    }
}
