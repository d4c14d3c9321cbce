/// Time that only goes forward, for waits: the time of day may be set back or jump.
public struct SteadyClock: Sendable {
    private let read: @Sendable () -> Duration

    /// - Parameter read: the time since some moment in the past; never less than it was.
    public init(read: @escaping @Sendable () -> Duration) { self.read = read }

    public static let system = {
        let start = ContinuousClock.now
        return SteadyClock { ContinuousClock.now - start }
    }()

    public var now: Duration { read() }
}
