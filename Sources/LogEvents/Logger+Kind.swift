import Logging

extension Logger {
    /// Logs an event of a kind.
    ///
    /// - Parameters:
    ///   - text: what happened, where the kind's own sentence would say too little.
    ///   - metadata: the keys `run`, `step`, `module`, `checkpoint` (its folder) and `prediction` become the journal's
    ///     fields of these names, others `ALPHARL_KEY`.
    public func tell(
        _ kind: LogKind, _ text: String? = nil, _ metadata: @autoclosure () -> Logger.Metadata = [:],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) {
        log(
            level: kind.level, "\(text ?? kind.sentence)",
            metadata: metadata().merging([LogKind.metadataKey: "\(kind.messageID)"]) { given, _ in given },
            file: file, function: function, line: line)
    }
}

extension LogKind {
    /// Carries the kind's identifier to the journal; no reader of plain lines wants it.
    public static let metadataKey = "message_id"
}
