import Glibc
import Synchronization

/// How long a `DirectoryWatcher` waits for what, and how far it looks.
public struct WatchSettings: Sendable {
    /// Folders below the root that are watched, counted from the root, 0...: a checkpoint of verl lies 3 deep.
    public var maximumDepth = 4
    /// Watches of this watcher at most, so that a wrong root does not eat the user's share.
    public var maximumWatches = 8192
    public var quiet = Duration.milliseconds(250)
    public var longestDelay = Duration.seconds(2)
    public var rescanInterval = Duration.seconds(60)
    /// Where something is not watched, or other machines may write.
    public var rescanIntervalWithoutEvents = Duration.seconds(10)
    /// Whether the root lies on a network file system, where inotify sees this machine's changes only.
    public var isNetworkFileSystem = false

    public init() {}
}

/// Why a wait ended.
public struct ChangeReport: Sendable, Equatable {
    /// Names directly in the root at or below which something changed, settled for a moment. Hints, not facts.
    public var changedEntries: Set<String> = []
    /// Look at everything: a rescan is due, events were lost, or the root came, went or was replaced.
    public var needsRescan = false
    /// Somebody called `wake()`.
    public var wasWoken = false

    public init(changedEntries: Set<String> = [], needsRescan: Bool = false, wasWoken: Bool = false) {
        self.changedEntries = changedEntries
        self.needsRescan = needsRescan
        self.wasWoken = wasWoken
    }

    /// Only time has passed.
    public var isEmpty: Bool { self == ChangeReport() }
}

/// Waits for changes in a folder that may not exist yet, may be a symbolic link, and may be removed and made anew.
///
/// The folder is watched before `init` returns: what the caller reads afterwards plus what is reported later is
/// everything. One thread waits; any thread may `wake()` it or ask for the limitations.
public final class DirectoryWatcher: Sendable {
    private struct State {
        /// nil where this user may have no inotify instance: then there are rescans only.
        var tree: WatchTree?
        var debouncer: EventDebouncer
        var rescan: PeriodicRescan
    }

    private let state: Mutex<State>
    private let queue: InotifyQueue?
    private let pipe: WakePipe
    private let settings: WatchSettings
    private let withoutQueue: String?
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    /// - Parameter root: an absolute path.
    /// - Throws: where not even a wait is possible. A missing root, a lack of watches or of permission is no error.
    public convenience init(root: String, settings: WatchSettings = WatchSettings()) throws(DirectoryWatchingError) {
        let queue: InotifyQueue?
        var failure: String?
        do {
            queue = try InotifyQueue()
        } catch {
            queue = nil
            failure =
                "no inotify instance (\(ErrorWords.text(error.number))), so changes are found by rescans only; raise "
                + "fs.inotify.max_user_instances"
        }
        try self.init(root: root, settings: settings, queue: queue, withoutQueue: failure)
    }

    /// - Parameter withoutQueue: why there is no queue.
    init(
        root: String, settings: WatchSettings, queue: InotifyQueue?, withoutQueue: String?
    ) throws(DirectoryWatchingError) {
        guard root.hasPrefix("/") else { throw .relativeRoot(path: root) }
        pipe = try WakePipe()
        start = clock.now
        self.settings = settings
        self.queue = queue
        self.withoutQueue = withoutQueue
        let tree = queue.map {
            WatchTree(
                root: DirectoryWatcher.withoutTrailingSlashes(root), maximumDepth: settings.maximumDepth,
                maximumWatches: settings.maximumWatches, kernel: $0)
        }
        state = Mutex(
            State(
                tree: tree, debouncer: EventDebouncer(quiet: settings.quiet, longestDelay: settings.longestDelay),
                rescan: PeriodicRescan(
                    interval: settings.rescanInterval, intervalWithoutEvents: settings.rescanIntervalWithoutEvents,
                    quiet: settings.quiet, now: .zero)))
    }

    /// What is found later than it could be, and what to do about it; one sentence each, empty when all is well.
    public var limitations: [String] {
        var words = shortages
        if settings.isNetworkFileSystem {
            words.append(
                "the folder lies on a network file system: what other machines write there is found by a rescan every "
                    + "\(settings.rescanIntervalWithoutEvents)")
        }
        return words
    }

    /// Of the limitations those that somebody may end: too few watches or inotify instances, a folder that must not be read.
    public var shortages: [String] {
        state.withLock { $0.tree?.limitations ?? [] } + (withoutQueue.map { [$0] } ?? [])
    }

    /// Ends the wait of the other thread at once, or the next one if none waits now.
    public func wake() { pipe.wake() }

    /// Waits until something changed and came to rest for a moment, a rescan is due, somebody called `wake()`, or the
    /// time is up (an empty report), whichever comes first.
    ///
    /// - Parameter timeoutMilliseconds: 0...; 0 only looks.
    public func waitForChange(timeoutMilliseconds: Int) throws(DirectoryWatchingError) -> ChangeReport {
        let end = now + .milliseconds(max(0, timeoutMilliseconds))
        while true {
            takeEvents()
            var report = dueReport(at: now)
            report.wasWoken = pipe.drain()
            if !report.isEmpty || now >= end { return report }
            let next = nextLook
            // While changes are gathered, more of them need not wake this thread one by one: they are read together
            // at the end of the quiet time.
            let queue = next.isGathering ? nil : queue
            let descriptors = [pipe.readingEnd] + (queue.map { [$0.descriptor] } ?? [])
            let milliseconds = DirectoryWatcher.milliseconds(from: now, until: min(end, next.at))
            try Polling.wait(for: descriptors, milliseconds: milliseconds)
        }
    }

    private var now: Duration { start.duration(to: clock.now) }

    private func takeEvents() {
        guard let queue else { return }
        state.withLock { state in
            // A queue that cannot be read has lost its events; the rescan finds what they would have told.
            let events =
                (try? queue.readEvents()) ?? [KernelEvent(watch: -1, kind: .lost, isFolder: false, name: "")]
            guard let outcome = state.tree?.take(events) else { return }
            state.debouncer.note(outcome.changed, at: now)
            if outcome.isEverything { state.rescan.hurry(at: now) }
        }
    }

    private func dueReport(at now: Duration) -> ChangeReport {
        state.withLock { state in
            guard state.rescan.dueAt(eventsAreComplete: eventsAreComplete(state)) <= now else {
                return ChangeReport(changedEntries: state.debouncer.take(at: now))
            }
            state.tree?.refresh()
            state.rescan.done(at: now)
            return ChangeReport(changedEntries: state.debouncer.takeAll(), needsRescan: true)
        }
    }

    /// When something is due even if nothing happens, and whether that is the end of a quiet time.
    private var nextLook: (at: Duration, isGathering: Bool) {
        state.withLock { state in
            let rescan = state.rescan.dueAt(eventsAreComplete: eventsAreComplete(state))
            let change = state.debouncer.dueAt
            return (min(rescan, change ?? rescan), change != nil || state.rescan.isUrgent)
        }
    }

    private func eventsAreComplete(_ state: State) -> Bool {
        !settings.isNetworkFileSystem && state.tree?.limitations.isEmpty == true
    }

    /// Rounded up: waking a moment too early would mean to poll without waiting until the moment has passed.
    private static func milliseconds(from now: Duration, until end: Duration) -> Int {
        guard end > now else { return 0 }
        let (seconds, attoseconds) = (end - now).components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000) + 1
    }

    private static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
