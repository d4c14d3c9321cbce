import Synchronization

/// One service's signs of life, and how long it may be silent.
///
/// Giving a sign takes no lock: the run's threads are at idle priority, and one that is preempted while it holds a lock
/// would hold up whoever watches it.
public final class Heartbeat: Sendable {
    /// As the subject of a sentence, such as "the run's loop".
    public let name: String
    /// The usual longest silence.
    public let patience: Duration
    /// Whether it works at idle priority: time in which it got no processor is then forgiven.
    public let isIdleClass: Bool

    /// Nanoseconds since `start`.
    private let last = Atomic<Int64>(0)
    /// Nanoseconds beyond `patience` until the next sign, as the last one announced.
    private let announced = Atomic<Int64>(0)
    /// Nanoseconds since `start` that are forgiven, and the sign of life that they count from.
    private let forgiven = Mutex<(sign: Int64, time: Duration)>((0, .zero))
    private let start: ContinuousClock.Instant

    public init(
        _ name: String, patience: Duration, isIdleClass: Bool = false, start: ContinuousClock.Instant = .now
    ) {
        self.name = name
        self.patience = patience
        self.isIdleClass = isIdleClass
        self.start = start
    }

    /// A sign of life.
    ///
    /// - Parameter longer: how much longer than usual the next one may take.
    public func beat(expectedWithin longer: Duration = .zero, now: ContinuousClock.Instant = .now) {
        announced.store(longer.inNanoseconds, ordering: .relaxed)
        last.store((now - start).inNanoseconds, ordering: .releasing)
    }

    /// How long it has been silent, what is forgiven left out, where that is longer than it may be; else nil.
    ///
    /// - Parameter starved: for how long since the last question its threads were ready to run and got no processor.
    func excess(now: ContinuousClock.Instant, starved: Duration) -> Duration? {
        let sign = last.load(ordering: .acquiring)
        let allowance = patience + .nanoseconds(announced.load(ordering: .relaxed))
        let pardon = forgiven.withLock { forgiven in
            if forgiven.sign != sign { forgiven = (sign, .zero) }
            if isIdleClass { forgiven.time += starved }
            return forgiven.time
        }
        let silence = now - start - .nanoseconds(sign) - pardon
        return silence > allowance ? silence : nil
    }
}

extension Duration {
    var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max / 4 : min(whole, .max / 4) + attoseconds / 1_000_000_000
    }
}
