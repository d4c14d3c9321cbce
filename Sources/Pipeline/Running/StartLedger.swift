import TrajectoryStore

/// How often a daemon began on this store, how often one ended as it should, and how often the watchdog ended one. What is
/// left was a crash, SIGKILL or the machine.
public struct StartLedger: Sendable {
    private static let startsKey = "daemon_starts"
    private static let endsKey = "daemon_clean_ends"
    private static let watchdogKey = "daemon_watchdog_ends"

    let store: TrajectoryDatabase

    public init(store: TrajectoryDatabase) { self.store = store }

    /// - Parameter endedByWatchdog: whether the one before this one was.
    public func noteStart(endedByWatchdog: Bool = false) throws {
        try store.setNote(Self.startsKey, to: String(try starts + 1))
        if endedByWatchdog { try store.setNote(Self.watchdogKey, to: String(try watchdogEnds + 1)) }
    }

    public func noteCleanEnd() throws { try store.setNote(Self.endsKey, to: String(try cleanEnds + 1)) }

    /// 0...; the one that runs now is among them.
    public var starts: Int { get throws { try number(Self.startsKey) } }

    /// While a daemon runs: all but itself.
    public var uncleanEnds: Int { get throws { max(0, try starts - 1 - cleanEnds) } }

    /// Of the unclean ends those where systemd's watchdog ended a daemon that hung, 0...; 0 where nobody runs
    /// `alpharl note-end` after the end.
    public var watchdogEnds: Int { get throws { try number(Self.watchdogKey) } }

    private var cleanEnds: Int { get throws { try number(Self.endsKey) } }

    private func number(_ key: String) throws -> Int { try store.note(key).flatMap { Int($0) } ?? 0 }
}
