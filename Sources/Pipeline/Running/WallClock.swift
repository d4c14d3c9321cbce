import FoundationEssentials

/// The time of day for what a person reads. Nothing that is computed depends on it.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Date

    public init(read: @escaping @Sendable () -> Date) { self.read = read }

    public static let system = WallClock { Date() }

    public var now: Date { read() }

    /// RFC 3339 in UTC with milliseconds, such as `2026-11-22T10:00:00.000Z`.
    public var timestamp: String { Self.timestamp(of: now) }

    public static func timestamp(of date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// The time that `timestamp` wrote.
    public static func date(of timestamp: String) -> Date? {
        try? Date(timestamp, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
