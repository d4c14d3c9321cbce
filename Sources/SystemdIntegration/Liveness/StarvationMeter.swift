import Synchronization

/// For how long the run's threads were ready to run and got no processor.
///
/// They run only on processors that nobody else wants (SCHED_IDLE, sched(7)), so on a node whose processors are all taken
/// by the trainer they may stand still for minutes and be well. A thread that hangs is not like that: it sleeps, or it
/// has a processor and turns in a circle.
public final class StarvationMeter: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var processorTime: [Int32: Duration] = [:]
    }

    private let state = Mutex(State())
    private let read: @Sendable () -> [ThreadFacts]

    public convenience init() { self.init { ThreadFacts.ofThisProcess() } }

    init(read: @escaping @Sendable () -> [ThreadFacts]) { self.read = read }

    /// The time since the last call that the idle-class thread that waited longest has waited for a processor.
    func advance(to now: ContinuousClock.Instant) -> Duration {
        let threads = read().filter(\.isIdleClass)
        return state.withLock { state in
            defer {
                state.last = now
                state.processorTime = Dictionary(
                    threads.map { ($0.identifier, $0.processorTime) }, uniquingKeysWith: { first, _ in first })
            }
            guard let last = state.last else { return .zero }
            let waits = threads.compactMap { thread -> Duration? in
                guard thread.isReady, let before = state.processorTime[thread.identifier] else { return nil }
                return max(.zero, now - last - max(.zero, thread.processorTime - before))
            }
            return waits.max() ?? .zero
        }
    }
}
