/// When a complete checkpoint has come to rest, so that it may be read. Pure: times are given, in nanoseconds since
/// 1970-01-01 UTC, on the clock that stamps the files.
///
/// - The trainer's own end marker is enough.
/// - Without one, two looks that saw the same files must lie `quiet` apart.
/// - With a marker that proves nothing (older than the weights), `longQuiet` apart: an old checkpoint may be written
///   again file by file, and each mixture of old and new files looks complete.
/// - What was last written `longAgo` needs no second look, whatever its marker says: a tree that was copied or
///   finished before we came.
public struct SettleRule: Hashable, Sendable {
    /// In nanoseconds, like the other two.
    public var quiet: Int64
    public var longQuiet: Int64
    public var longAgo: Int64

    public init(quiet: Int64, longQuiet: Int64, longAgo: Int64) {
        precondition(0 <= quiet && quiet <= longQuiet && longQuiet <= longAgo, "The three times of a settle rule grow.")
        self.quiet = quiet
        self.longQuiet = longQuiet
        self.longAgo = longAgo
    }

    private static let second: Int64 = 1_000_000_000

    /// 10 s, 2 min, 15 min.
    public static let localFileSystem = SettleRule(quiet: 10 * second, longQuiet: 120 * second, longAgo: 900 * second)
    /// 60 s, 5 min, 15 min: attributes of files are cached for up to a minute (nfs(5)), clocks differ.
    public static let networkFileSystem = SettleRule(quiet: 60 * second, longQuiet: 300 * second, longAgo: 900 * second)

    /// The first look that saw a stamp. Keep it for as long as later looks see the same.
    public struct Sighting: Hashable, Sendable {
        public let stamp: CheckpointStamp
        public let at: Int64

        public init(stamp: CheckpointStamp, at: Int64) {
            self.stamp = stamp
            self.at = at
        }
    }

    public enum Decision: Hashable, Sendable {
        case settled
        /// Not before this time, and only if nothing changes until then.
        case waiting(until: Int64)
    }

    /// - Parameter previous: what an earlier look saw, nil at the first one.
    /// - Returns: the decision, and the sighting to keep for the next look.
    public func decide(
        previous: Sighting?, current: CheckpointStamp, ending: CheckpointEnding, now: Int64
    ) -> (decision: Decision, sighting: Sighting) {
        // A clock that was set back makes the wait start anew, not end at once.
        let isSame = previous?.stamp == current && (previous?.at ?? now) <= now
        let sighting = isSame ? previous ?? Sighting(stamp: current, at: now) : Sighting(stamp: current, at: now)
        let wait: Int64
        switch ending {
        case .marked: return (.settled, sighting)
        case .unmarked: wait = quiet
        case .doubtful: wait = longQuiet
        }
        let isOld = now.subtractingReportingOverflow(current.newestModification)
        if !isOld.overflow, isOld.partialValue >= longAgo { return (.settled, sighting) }
        let end = sighting.at.addingReportingOverflow(wait).partialValue
        return (now >= end && isSame ? .settled : .waiting(until: end), sighting)
    }
}
