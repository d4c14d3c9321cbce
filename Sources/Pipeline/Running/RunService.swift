import ConfigurationFile
import DirectoryWatching
import Files
import Foundation
import LogEvents
import Logging
import ServiceLifecycle
import StatusAPI
import Synchronization
import TrajectoryStore

/// The daemon's work: a thread that waits for changes and makes passes over the run until it is asked to stop.
public final class RunService: Service {
    private let context: RunContext
    private let watcher: DirectoryWatcher
    private let stopping = Mutex(false)
    /// The longest wait for changes, milliseconds.
    private let longestWait: Int

    /// - Parameters:
    ///   - longestWait: after this long without a change the run is looked at all the same.
    ///   - settings: of the watch on the trainer's folder.
    /// - Throws: `DirectoryWatchingError` where not even a wait is possible.
    public init(
        context: RunContext, longestWait: Duration = .seconds(60), watching settings: WatchSettings = WatchSettings()
    ) throws {
        self.longestWait = Int(max(0.1, longestWait.inSeconds) * 1000)
        var settings = settings
        do {
            let kind = try FileTree(calls: context.calls).fileSystemKind(of: context.configuration.run.watch)
            settings.isNetworkFileSystem = kind.isNetwork
        } catch {
            settings.isNetworkFileSystem = true  // Rescans find what events may not tell.
            context.log.tell(.fileSystemUnknown, nil, ["reason": "\(error)"])
        }
        watcher = try DirectoryWatcher(root: context.configuration.run.watch, settings: settings)
        self.context = context
    }

    /// What is found later than it could be, and what to do about it.
    public var limitations: [String] { watcher.limitations }

    /// Ends the wait for changes at once.
    public func wake() { watcher.wake() }

    public func run() async throws {
        let finished = AsyncStream<Result<Void, any Error>>.makeStream()
        let thread = Thread { [self] in
            Thread.current.name = "run"  // Only a thread's own name reaches the kernel.
            // The trainer comes first. Workers inherit it; the socket answers at the usual priority.
            if !ThreadPriority.makeIdle() { context.log.tell(.idlePriorityRefused) }
            let result = Result { try loop() }
            Bell.shared.ring {
                finished.continuation.yield(result)
                finished.continuation.finish()
            }
        }
        thread.stackSize = 8 << 20
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                thread.start()
                for await result in finished.stream { try result.get() }
            } onGracefulShutdown: {
                self.stop()
            }
        } onCancel: {
            stop()
        }
        context.signals.close()
    }

    private func stop() {
        stopping.withLock { $0 = true }
        context.progress.note { $0.activity = .stopping }
        context.log.tell(.stopping)
        watcher.wake()
    }

    private var isStopping: Bool { stopping.withLock { $0 } }

    /// Faults of this machine (a full disk, a locked store) are told, and tried again; they never end the daemon.
    private func loop() throws {
        var context = context
        context.isCancelled = { [self] in isStopping }
        var pipeline = try RunPipeline(context: context)
        var isFailing = false
        while !isStopping {
            var wait = longestWait
            do {
                let outcome = try pipeline.pass()
                if outcome.shouldRetry { wait = Self.retryWait }
                if let next = outcome.nextLook { wait = min(wait, Self.milliseconds(until: next, context.clock)) }
                if let next = outcome.nextRetry { wait = min(wait, Int(next.inSeconds * 1000) + 1) }
                context.progress.update { $0.troubles[.machine] = nil }
                if isFailing { context.log.tell(.passWorksAgain) }
                isFailing = false
            } catch let error as StoreError where error.isDamage {
                // Nothing more can be learned with it: the next start begins a new one.
                guard !isConfirmed(context) else { throw error }
                context.progress.update { $0.troubles[.machine] = "\(error)" }
                wait = min(Self.faultWait, longestWait)
            } catch {
                context.log.tell(.passFailed, nil, ["reason": "\(error)"])
                context.progress.update { $0.troubles[.machine] = "\(error)" }
                wait = min(Self.faultWait, longestWait)
                isFailing = true
            }
            noteShortage()
            context.progress.beat()
            guard !isStopping else { break }
            _ = try watcher.waitForChange(timeoutMilliseconds: wait)
        }
    }

    /// Where even the check fails, nothing is known of the store: it is met again.
    private func isConfirmed(_ context: RunContext) -> Bool {
        do { return try context.store.confirmDamage() } catch {
            context.log.tell(.passFailed, nil, ["reason": "\(error)"])
            return false
        }
    }

    /// What the watch lacks stands in the status for as long as it does; at the start it is in the log too.
    private func noteShortage() {
        let shortage = watcher.shortages.first
        guard context.progress.snapshot.troubles[.watching] != shortage else { return }
        context.progress.update { $0.troubles[.watching] = shortage }
    }

    private static let retryWait = 1_000
    private static let faultWait = 15_000

    /// At least a moment, so that a clock that stands still is not asked in a busy loop.
    private static func milliseconds(until time: Int64, _ clock: WallClock) -> Int {
        let now = Int64(clock.now.timeIntervalSince1970 * 1e9)
        return Int(max(50, min(60_000, (time - now) / 1_000_000 + 1)))
    }
}
