import Synchronization

/// Whether every service has given a sign of life within its deadline.
public final class LivenessCheck: Sendable {
    private let hearts: [Heartbeat]
    private let starvation: StarvationMeter

    public init(_ hearts: [Heartbeat], starvation: StarvationMeter = StarvationMeter()) {
        self.hearts = hearts
        self.starvation = starvation
    }

    /// Nil while everybody is alive; else who is not, in one line. May be asked at any time, from any thread.
    public func problem(now: ContinuousClock.Instant = .now) -> String? {
        let starved = starvation.advance(to: now)
        for heart in hearts {
            if let silence = heart.excess(now: now, starved: starved) {
                return "\(heart.name) has not moved for \(silence.components.seconds) s"
            }
        }
        return nil
    }
}

/// How long each part of the daemon may be silent, as multiples of the time within which systemd wants a sign of life.
public struct LivenessDeadlines: Hashable, Sendable {
    /// `WatchdogSec=` of the unit; a minute where nobody watches.
    public let base: Duration

    public init(watchdog: Duration?) { base = watchdog ?? .seconds(60) }

    /// Longer than it takes to factor the largest weight: five minutes.
    public var run: Duration { base * 5 }
    /// Longer than a disk hesitates.
    public var answers: Duration { base * 2 }
    public var commands: Duration { base * 2 }
    /// How often whoever only waits shows that it would still notice.
    public var interval: Duration { base / 4 }
}
