import Foundation

/// What signals do. Libraries catch some for themselves: Swift's runtime and LLVM inside of PoCL catch
/// SIGQUIT, and LLVM SIGXFSZ, and then go on as if nothing had been.
enum Signals {
    /// Called before any thread is started, so that all of them inherit what is blocked.
    static func prepare() {
        // A closed pipe and a file beyond the limit are errors of `write`, which has an exit status.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        // LLVM may catch it later, but what is blocked reaches nobody.
        var limits = set(of: SIGXFSZ)
        pthread_sigmask(SIG_BLOCK, &limits, nil)
        // `nohup` and shells' background jobs ignore signals on purpose.
        if !isSet(SIGQUIT, to: SIG_IGN) { endOnQuit() }
    }

    /// Has a thread see to it that SIGQUIT ends the program as the system does by itself, with a core
    /// dump if those are switched on.
    private static func endOnQuit() {
        signal(SIGQUIT, SIG_DFL)
        var quit = set(of: SIGQUIT)
        pthread_sigmask(SIG_BLOCK, &quit, nil)
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { _ in
                Signals.waitForQuit()
                return nil
            }, nil)
        if failed == 0 {
            pthread_detach(thread)
        } else {
            // No more threads are allowed. The default holds until a library changes it.
            pthread_sigmask(SIG_UNBLOCK, &quit, nil)
        }
    }

    /// OpenBLAS starts its threads before `main`, so they do not block the signal: what it does must
    /// be the default whenever it comes, and that is looked at five times a second.
    private static func waitForQuit() {
        var quit = set(of: SIGQUIT)
        var pause = timespec(tv_sec: 0, tv_nsec: 200_000_000)
        while sigtimedwait(&quit, nil, &pause) != SIGQUIT {
            if !isSet(SIGQUIT, to: SIG_DFL) { signal(SIGQUIT, SIG_DFL) }
        }
        signal(SIGQUIT, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &quit, nil)
        raise(SIGQUIT)
    }

    private static func set(of number: Int32) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        return set
    }

    private static func isSet(_ number: Int32, to handler: sighandler_t?) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(handler, to: Int.self)
    }
}
