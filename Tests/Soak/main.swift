// Kills, stops and starves runs of the real program, for as long as it is told:
//     soak [SECONDS [SEED [PHASE]]]
// Each phase gets a share of the time, or one that is named all of it. The table at the end says what was tried; the first thing that is not
// as it should be ends the program with status 1, and leaves the run's folder.
import Foundation

let arguments = CommandLine.arguments
let seconds = arguments.count > 1 ? Double(arguments[1]) ?? 1200 : 1200
let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 1 : UInt64(Date().timeIntervalSince1970)
say("\(Int(seconds)) s, seed \(seed)")

// Shells start background jobs with some signals ignored, and what is ignored stays so in `lls`.
for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] { signal(number, SIG_DFL) }

let phases: [(name: String, share: Double, run: (Runs, Date) throws -> String)] = [
    ("kills", 0.4, kills), ("signals", 0.2, signals), ("disks", 0.15, fullDisks),
    ("devices", 0.15, lostDevices), ("resumes", 0.1, resumes),
]
do {
    let runs = try Runs(seed: seed)
    let only = arguments.count > 3 ? arguments[3] : nil
    for phase in phases where only == nil || only == phase.name {
        let line = try phase.run(runs, Date() + seconds * (only == nil ? phase.share : 1))
        say("\(line)")
    }
    try runs.remove()
    say("nothing was lost")
} catch {
    say("FAILED: \(error)")
    exit(1)
}
