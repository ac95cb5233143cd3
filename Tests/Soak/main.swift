// Kills, stops and starves runs of the real program, for as long as it is told:
//     soak [SECONDS [SEED]]
// Each phase gets a share of the time. The table at the end says what was tried; the first thing that is not
// as it should be ends the program with status 1, and leaves the run's folder.
import Foundation

let arguments = CommandLine.arguments
let seconds = arguments.count > 1 ? Double(arguments[1]) ?? 1200 : 1200
let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 1 : UInt64(Date().timeIntervalSince1970)
print("soak: \(Int(seconds)) s, seed \(seed)")

do {
    let runs = try Runs(seed: seed)
    var table: [String] = []
    for (phase, share) in [
        (kills, 0.45), (signals, 0.2), (fullDisks, 0.2), (lostDevices, 0.15),
    ] as [((Runs, Date) throws -> String, Double)] {
        let line = try phase(runs, Date() + seconds * share)
        print("soak: \(line)")
        table.append(line)
    }
    try runs.remove()
    print("soak: nothing was lost")
} catch {
    print("soak: FAILED: \(error)")
    exit(1)
}
