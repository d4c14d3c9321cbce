import FoundationEssentials
import Glibc
import Logging
import Synchronization

/// The level that every logger of the process uses unless it has one of its own; may change while they are in use.
public final class LogLevelControl: Sendable {
    private let value: Mutex<Logger.Level>

    public init(_ level: Logger.Level) { value = Mutex(level) }

    public var level: Logger.Level {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}

/// Where log messages go.
public struct LogDestination: Sendable {
    /// Returns an `errno` when the journal does not take the entry.
    let journal: (@Sendable (JournalEntry) -> Int32)?
    let line: @Sendable (String) -> Void

    /// The journal with structured fields when standard error leads there, else plain lines on standard error.
    public static func current(environment: [String: String]) -> LogDestination {
        let isJournal = JournalStream.isJournal(environment: environment)
        let sendToJournal: @Sendable (JournalEntry) -> Int32 = { $0.send() }
        return LogDestination(journal: isJournal ? sendToJournal : nil, line: writeToStandardError)
    }

    /// - Parameter around: called with what writes a line, and calls it: for somebody who has something unfinished on the
    ///   terminal.
    public func interrupting(_ around: @escaping @Sendable (() -> Void) -> Void) -> LogDestination {
        let line = line
        return LogDestination(journal: journal) { text in around { line(text) } }
    }

    /// One call for each line, so that lines of several threads do not mix. There is nobody to tell when it fails.
    @Sendable private static func writeToStandardError(_ line: String) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if written == 0 || errno != EINTR {
                return
            }
        }
    }
}

/// A handler for swift-log that writes to the journal, or to standard error where there is none.
public struct JournalLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let control: LogLevelControl
    private let destination: LogDestination
    private var ownLevel: Logger.Level?

    public init(label: String, control: LogLevelControl, destination: LogDestination) {
        self.label = label
        self.control = control
        self.destination = destination
    }

    public var logLevel: Logger.Level {
        get { ownLevel ?? control.level }
        set { ownLevel = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let journal = destination.journal, journal(JournalEntry(event, metadata: all, label: label)) == 0 { return }
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let text = LogText.oneLine(LogText.message(event, metadata: all))
        destination.line("\(time) \(event.level.rawValue) \(text)")
    }
}
