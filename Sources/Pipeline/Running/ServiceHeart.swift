/// How a service that mostly waits shows that it would still notice: it wakes now and then, does what is due, and says so.
public struct ServiceHeart: Sendable {
    /// How often it wakes; nil: nobody wants to know.
    let interval: Duration?
    private let onBeat: @Sendable (Duration) -> Void

    /// - Parameters:
    ///   - interval: how often a sign of life is wanted.
    ///   - onBeat: a sign of life, and how much longer than usual the next one may take.
    public init(interval: Duration, onBeat: @escaping @Sendable (Duration) -> Void) {
        self.interval = interval
        self.onBeat = onBeat
    }

    private init() {
        interval = nil
        onBeat = { _ in }
    }

    /// For a service that nobody watches.
    public static let none = ServiceHeart()

    /// - Parameter longer: until the next one, beyond the usual.
    func beat(expectedWithin longer: Duration = .zero) { onBeat(longer) }

    /// The signals, with one more after each interval. Ends with the signals or with the task.
    func ticks(and signals: AsyncStream<Void>) -> AsyncStream<Void> {
        guard let interval else { return signals }
        let (merged, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let clock = Task {
            do { while true { try await Task.sleep(for: interval); continuation.yield() } } catch { return }
        }
        let relay = Task {
            for await _ in signals { continuation.yield() }
            continuation.finish()
        }
        continuation.onTermination = { _ in
            clock.cancel()
            relay.cancel()
        }
        return merged
    }
}
