/// When everything is to be looked at again although no event asked for it: events are a hint. inotify does not see
/// what other machines write on a network file system, and a folder that is not watched raises none at all.
public struct PeriodicRescan: Sendable {
    /// Between two looks while every folder is watched.
    public let interval: Duration
    /// Between two looks while something is not.
    public let intervalWithoutEvents: Duration
    /// How long a look that an event asked for waits for more of the kind.
    public let quiet: Duration
    private var lastAt: Duration
    private var urgentAt: Duration?

    /// - Parameter now: when everything was looked at last, on the clock of the later calls.
    public init(interval: Duration, intervalWithoutEvents: Duration, quiet: Duration, now: Duration) {
        self.interval = interval
        self.intervalWithoutEvents = intervalWithoutEvents
        self.quiet = quiet
        lastAt = now
    }

    public func dueAt(eventsAreComplete: Bool) -> Duration {
        let regular = lastAt + (eventsAreComplete ? interval : min(interval, intervalWithoutEvents))
        return min(regular, urgentAt ?? regular)
    }

    /// Whether an event asked for a look that is not done yet.
    public var isUrgent: Bool { urgentAt != nil }

    /// Something happened that only a look at everything can tell.
    public mutating func hurry(at now: Duration) { urgentAt = urgentAt ?? now + quiet }

    /// Everything was looked at, for this reason or another.
    public mutating func done(at now: Duration) {
        lastAt = now
        urgentAt = nil
    }
}
