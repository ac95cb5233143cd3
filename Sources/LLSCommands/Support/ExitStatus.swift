/// What the program says when it ends: one meaning a number, for scripts.
enum ExitStatus: Int32 {
    case internalError = 1
    case outOfBounds = 2
    case diverged = 3
    case usage = 64
    case badData = 65
    case inputMissing = 66
    case deviceUnavailable = 69
    case outOfMemory = 71
    case cannotCreate = 73
    case inputOutput = 74
    /// By SIGTERM, SIGHUP, SIGUSR1 or `--max-time`, with a checkpoint saved.
    case stopped = 75
    case badConfiguration = 78
    /// By Ctrl-C, with a checkpoint saved.
    case interrupted = 130
}
