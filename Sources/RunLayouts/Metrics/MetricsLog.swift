public import Files

/// A log that a trainer writes while it trains, read from where the last look ended.
public protocol MetricsLog: Sendable {
    /// The file or folder, for messages.
    var path: String { get }
    /// What could not be used, in words that fit after the path; nil where all of it could.
    var problem: String? { get }

    /// - Returns: the rows that were added since the last look, in the order in which they were written. After a rewind
    ///   a step occurs again: the last row counts.
    /// - Throws: `FileError`, `isVanished` where there is nothing (yet).
    mutating func readNew(calls: FileSystemCalls) throws(FileError) -> [LogRow]

    /// Forgets what was read, so that the next look begins at the beginning.
    mutating func startOver()
}

extension MetricsFile: MetricsLog {
    public var problem: String? {
        skippedLines > 0 ? "\(skippedLines) lines are no JSON object with a step and are left out" : nil
    }
}
