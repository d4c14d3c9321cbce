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
    public enum Trouble: Hashable, Sendable, CaseIterable {
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
    }

    public struct Snapshot: Hashable, Sendable {
        public var activity = RunStatus.State.starting
        /// One line: what failed: why; what to do. Nil when nothing is wrong.
        public var lastError: String? { Trouble.allCases.lazy.compactMap { troubles[$0] }.first }
        /// What stands in each way; removed by the next thing of its kind that works.
        public var troubles: [Trouble: String] = [:]
        /// Set once the store is migrated and the first scan is in it.
        public var hasScanned = false
        /// One line about the newest checkpoint, for the service manager.
        public var headline = "no checkpoint recorded yet"
        /// Modules done and to do of the checkpoint or prediction at work.
        public var done = 0
        public var total = 0
        /// Which layout was recognised, and why.
        public var layoutNote: String?
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
        note(change)
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
    public func beat() { heart() }
}
