import TrajectoryStore

/// How often a daemon began on this store, and how often one ended as it should. What lies between the two was a crash,
/// the watchdog, SIGKILL or the machine.
public struct StartLedger: Sendable {
    private static let startsKey = "daemon_starts"
    private static let endsKey = "daemon_clean_ends"

    let store: TrajectoryDatabase

    public init(store: TrajectoryDatabase) { self.store = store }

    public func noteStart() throws { try store.setNote(Self.startsKey, to: String(try starts + 1)) }

    public func noteCleanEnd() throws { try store.setNote(Self.endsKey, to: String(try cleanEnds + 1)) }

    /// 0...; the one that runs now is among them.
    public var starts: Int { get throws { try number(Self.startsKey) } }

    /// While a daemon runs: all but itself.
    public var uncleanEnds: Int { get throws { max(0, try starts - 1 - cleanEnds) } }

    private var cleanEnds: Int { get throws { try number(Self.endsKey) } }

    private func number(_ key: String) throws -> Int { try store.note(key).flatMap { Int($0) } ?? 0 }
}
