import StatusAPI
import Synchronization

/// What the server counts.
final class ServerCounters: Sendable {
    private let open = Atomic(0)
    private let stalled = Atomic(0)

    /// Event streams that are open now.
    var openStreams: Int { open.load(ordering: .relaxed) }

    /// Clients that were cut off because they took in nothing of an answer.
    var stalledClients: Int { stalled.load(ordering: .relaxed) }

    var families: [MetricFamily] {
        [
            .gauge("alpharl_event_streams", "Event streams that are open now.", Double(openStreams)),
            .counter(
                "alpharl_stalled_clients_total",
                "Clients that were cut off because they took in nothing of an answer, since the start.",
                Double(stalledClients)),
        ]
    }

    func addStalledClient() { stalled.add(1, ordering: .relaxed) }

    /// A place among at most `limit` open streams, until it is let go; nil when all are taken.
    func takeStream(limit: Int) -> StreamPlace? {
        var current = open.load(ordering: .relaxed)
        while current < limit {
            let (done, now) = open.compareExchange(expected: current, desired: current + 1, ordering: .relaxed)
            if done { return StreamPlace(self) }
            current = now
        }
        return nil
    }

    /// Given back when nobody holds it any more, also when the stream was never started.
    final class StreamPlace: Sendable {
        private let counters: ServerCounters

        fileprivate init(_ counters: ServerCounters) { self.counters = counters }

        deinit { counters.open.subtract(1, ordering: .relaxed) }
    }
}
