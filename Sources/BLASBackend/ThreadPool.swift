import Foundation
import Synchronization

/// The backend cannot start its threads.
public struct ThreadError: Error, CustomStringConvertible {
    let wanted: Int
    /// The cause, in a few words.
    let reason: String

    public var description: String {
        "cannot start \(wanted) threads for the CPU backend: \(reason)\n"
            + "use fewer"
    }
}

/// Threads that live as long as the pool and run the parts of one job at a time.
final class ThreadPool {
    /// Threads that work on a job, the caller's included.
    let count: Int
    private let shared = SharedState()
    private var workers: [pthread_t] = []
    /// Whether jobs are ignored, as in a dry run.
    private let isResting: Bool

    static var coreCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    /// More threads only slow each other down: they wait for each other after every operation.
    static var maxThreads: Int { max(64, 16 * coreCount) }

    /// A pool for a dry run: it has no threads, and runs nothing.
    init(resting count: Int) {
        self.count = count
        isResting = true
    }

    init(count: Int) throws {
        guard count <= Self.maxThreads else {
            throw ThreadError(
                wanted: count,
                reason: "at most \(Self.maxThreads) make sense on \(Self.coreCount) cores")
        }
        self.count = count
        isResting = false
        for index in 1..<max(1, count) {
            var worker = pthread_t()
            let seat = Unmanaged.passRetained(Seat(index, shared))
            let code = pthread_create(&worker, nil, { workerMain($0) }, seat.toOpaque())
            guard code == 0 else {
                seat.release()
                stop()
                throw ThreadError(wanted: count, reason: String(cString: strerror(code)))
            }
            workers.append(worker)
        }
    }

    deinit { stop() }

    /// Calls `body` with `0..<parts`, each on a thread of its own, and returns when all have ended.
    ///
    /// - Precondition: no more parts than threads, and no job inside a job.
    func run(_ parts: Int, _ body: (Int) -> Void) {
        precondition(parts <= count, "\(parts) parts for \(count) threads")
        guard !isResting else { return }
        guard parts > 1 else {
            if parts == 1 { body(0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            shared.post(body, parts: parts)
            body(0)
            shared.waitForWorkers()
        }
    }

    private func stop() {
        shared.close()
        for worker in workers { pthread_join(worker, nil) }
        workers = []
    }
}

/// The argument of a worker's thread.
private final class Seat {
    let index: Int
    let shared: SharedState

    init(_ index: Int, _ shared: SharedState) {
        self.index = index
        self.shared = shared
    }
}

private func workerMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let seat = Unmanaged<Seat>.fromOpaque(argument).takeRetainedValue()
    seat.shared.work(at: seat.index)
    return nil
}

/// The job, and the signals between caller and workers.
///
/// Jobs follow each other within microseconds, so both sides poll for a while before they sleep. How
/// long they poll has no influence on results.
private final class SharedState {
    /// Polls before sleeping: some tens of microseconds.
    private static let patience = 100

    private let condition = NSCondition()
    private var body: ((Int) -> Void)?
    private var parts = 0
    private var isClosed = false
    /// How many jobs have been posted, and how many parts of the newest are under way.
    private let jobs = Atomic(0)
    private let running = Atomic(0)

    func post(_ body: @escaping (Int) -> Void, parts: Int) {
        condition.lock()
        self.body = body
        self.parts = parts
        running.store(parts - 1, ordering: .releasing)
        jobs.add(1, ordering: .releasing)
        condition.broadcast()
        condition.unlock()
    }

    func waitForWorkers() {
        wait { running.load(ordering: .acquiring) == 0 }
        condition.lock()
        body = nil
        condition.unlock()
    }

    func close() {
        condition.lock()
        isClosed = true
        jobs.add(1, ordering: .releasing)
        condition.broadcast()
        condition.unlock()
    }

    func work(at index: Int) {
        var seen = 0
        while true {
            wait { jobs.load(ordering: .acquiring) != seen }
            guard let hasRun = perform(index, &seen) else { return }
            if hasRun, running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                condition.lock()
                condition.broadcast()
                condition.unlock()
            }
        }
    }

    /// Runs part `index` of the newest job, and tells whether there was one; nil once the pool is
    /// closed.
    ///
    /// A function of its own, so that the reference to the job is gone before the caller is told that
    /// the job has ended.
    @inline(never)
    private func perform(_ index: Int, _ seen: inout Int) -> Bool? {
        condition.lock()
        seen = jobs.load(ordering: .relaxed)
        let (job, isClosed) = (index < parts ? body : nil, isClosed)
        condition.unlock()
        if isClosed { return nil }
        guard let job else { return false }
        job(index)
        return true
    }

    private func wait(until isReady: () -> Bool) {
        for _ in 0..<Self.patience {
            if isReady() { return }
            sched_yield()
        }
        condition.lock()
        while !isReady() { condition.wait() }
        condition.unlock()
    }
}
