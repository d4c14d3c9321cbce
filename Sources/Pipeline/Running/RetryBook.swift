/// What failed by a fault that may pass (a disk that is full, a file server that is away), how often, and when it is
/// tried again: after 1, 2, 4, ... seconds, at most 5 minutes. Kept in memory only: a new process tries at once.
struct RetryBook<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var failures = 0
        var due = Duration.zero
    }

    /// So many failures in a row, half a minute of them, are waited for in order; after that others go first.
    static var patience: Int { 5 }
    private static var longestWait: Duration { .seconds(300) }

    private var entries: [Key: Entry] = [:]

    mutating func noteFailure(of key: Key, at now: Duration) {
        var entry = entries[key] ?? Entry()
        entry.due = now + min(Self.longestWait, .seconds(1 << min(entry.failures, 16)))
        entry.failures += 1
        entries[key] = entry
    }

    mutating func forget(_ key: Key) { entries[key] = nil }

    /// - Returns: whether there was any.
    mutating func forget(where isOver: (Key) -> Bool) -> Bool {
        let before = entries.count
        entries = entries.filter { !isOver($0.key) }
        return entries.count < before
    }

    /// Those whose time has not come.
    func waiting(at now: Duration) -> Set<Key> { Set(entries.filter { $0.value.due > now }.keys) }

    func isWaiting(_ key: Key, at now: Duration) -> Bool { (entries[key]?.due ?? now) > now }

    /// Whether it has failed so often that nobody should wait for it.
    func isLasting(_ key: Key) -> Bool { (entries[key]?.failures ?? 0) >= Self.patience }

    /// How long until the next one is due; nil when nothing waits.
    func wait(at now: Duration) -> Duration? { entries.values.map(\.due).filter { $0 > now }.min().map { $0 - now } }

    /// Whether all that is left has failed so often that a command which ends should not wait for it.
    var isHopeless: Bool { entries.values.allSatisfy { $0.failures >= Self.patience } }
}
