/// Gathers names that change in quick succession, so that a save of many files is looked at once and not per file.
///
/// Pure: the caller says what time it is, as a duration since any fixed moment. Names are handed out when nothing was
/// noted for `quiet`, or `longestDelay` after the first one at the latest: a run that never rests is not left waiting.
public struct EventDebouncer: Sendable {
    public let quiet: Duration
    public let longestDelay: Duration
    private var pending: Set<String> = []
    private var firstAt: Duration = .zero
    private var lastAt: Duration = .zero

    public init(quiet: Duration, longestDelay: Duration) {
        precondition(
            quiet >= .zero && longestDelay >= quiet, "A delay cannot be shorter than the quiet time it allows.")
        self.quiet = quiet
        self.longestDelay = longestDelay
    }

    public mutating func note(_ names: some Sequence<String>, at now: Duration) {
        let wasEmpty = pending.isEmpty
        pending.formUnion(names)
        guard !pending.isEmpty else { return }
        if wasEmpty { firstAt = now }
        lastAt = now
    }

    /// When the names that are pending are to be handed out; nil when there are none.
    public var dueAt: Duration? { pending.isEmpty ? nil : min(lastAt + quiet, firstAt + longestDelay) }

    /// The pending names if they are due; empty otherwise.
    public mutating func take(at now: Duration) -> Set<String> {
        guard let dueAt, dueAt <= now else { return [] }
        return takeAll()
    }

    /// The pending names, due or not.
    public mutating func takeAll() -> Set<String> {
        defer { pending = [] }
        return pending
    }
}
