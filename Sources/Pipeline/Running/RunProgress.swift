import StatusAPI
import Synchronization
import Vocabulary

/// A checkpoint that is still being written, is settling, or cannot be read.
public struct UnfinishedCheckpoint: Hashable, Sendable {
    public let step: TrainingStep
    public let directory: String
    /// What it lacks, or what it waits for.
    public let reason: String

    public init(step: TrainingStep, directory: String, reason: String) {
        self.step = step
        self.directory = directory
        self.reason = reason
    }
}

/// What the run is doing right now, and what went wrong last: the only part of the status that is not in the store.
public final class RunProgress: Sendable {
    /// What can go wrong without ending the daemon; the first counts most.
    public enum Trouble: String, Hashable, Sendable, CaseIterable {
        /// A full disk, a locked store: no pass over the run works.
        case machine
        /// The watched folder cannot be listed.
        case folder
        /// A prediction that was due could not be written.
        case prediction
        /// The checkpoint that was looked at last cannot be used.
        case checkpoint
        /// The user's command after the last prediction failed.
        case command
        /// The store was damaged and begun anew. Stays until the next start.
        case store
        /// Event files could not be written.
        case tensorboard
        /// Not all of the watched folder is watched: changes are found by looking now and then.
        case watching
    }

    public struct Snapshot: Hashable, Sendable {
        public var activity = RunStatus.State.starting
        /// One line: what failed: why; what to do. Nil when nothing is wrong.
        public var lastError: String? { Trouble.allCases.lazy.compactMap { troubles[$0] }.first }
        /// What stands in each way; removed by the next thing of its kind that works.
        public var troubles: [Trouble: String] = [:]
        /// The configuration was refused when it was last to be read again.
        public internal(set) var isReloadRefused = false
        /// Set once the store is migrated and the first scan is in it.
        public var hasScanned = false
        /// One line about the newest checkpoint, for the service manager.
        public var headline = "no checkpoint recorded yet"
        /// The checkpoint or prediction at work; nil while nothing is.
        public internal(set) var work: WorkProgress?
        /// Signs of life of the run's own work since the start.
        public internal(set) var heartbeats: UInt64 = 0
        /// Why accuracies in the trainer's log are not known; nil: nothing stands in the way.
        public var metricsProblem: String?
        /// Which layout was recognised; nil: none.
        public var layoutName: String?
        /// Why it was recognised, or why none was.
        public var layoutNote: String?
        /// How the newest complete checkpoint's weights are stored; nil: there is none that can be opened.
        public var form: String?
        /// Checkpoints that are on disk and cannot be recorded yet, in step order.
        public var unfinished: [UnfinishedCheckpoint] = []
    }

    private let state = Mutex(Snapshot())
    private let heart: @Sendable () -> Void
    private let observer: @Sendable (Snapshot) -> Void

    /// - Parameters:
    ///   - observer: told after every change, on the thread that made it; must return at once.
    ///   - heart: called whenever the run's own work gets on; must return at once.
    public init(
        observer: @escaping @Sendable (Snapshot) -> Void = { _ in }, heart: @escaping @Sendable () -> Void = {}
    ) {
        self.heart = heart
        self.observer = observer
    }

    public var snapshot: Snapshot { state.withLock { $0 } }

    /// A change that the run's own work makes, and therefore a sign of its life.
    public func update(_ change: (inout Snapshot) -> Void) {
        heart()
        note {
            change(&$0)
            $0.heartbeats += 1
        }
    }

    /// A change that somebody else makes: it says nothing about the run's own work.
    public func note(_ change: (inout Snapshot) -> Void) {
        let snapshot = state.withLock { snapshot in
            change(&snapshot)
            return snapshot
        }
        observer(snapshot)
    }

    /// The run's own work gets on.
    public func beat() {
        heart()
        state.withLock { $0.heartbeats += 1 }
    }
}

extension RunProgress {
    /// A piece of work begins. One that follows another of its kind without a pause goes on with its clock.
    ///
    /// - Parameters:
    ///   - total: in `unit`, 0...
    ///   - queued: pieces of the same kind that wait behind it.
    public func begin(
        _ kind: WorkProgress.Kind, step: TrainingStep, of total: Int64, _ unit: WorkProgress.Unit, queued: Int = 0,
        now: ContinuousClock.Instant = .now
    ) {
        update { snapshot in
            var next = WorkProgress(kind: kind, step: step, unit: unit, total: total, queued: queued, began: now)
            if let last = snapshot.work, last.kind == kind, last.unit == unit { next.follow(last) }
            snapshot.work = next
        }
    }

    public func advance(by count: Int64 = 1) { update { $0.work?.advance(by: count) } }

    /// Nothing is at work any more.
    public func finish() { update { $0.work = nil } }
}
