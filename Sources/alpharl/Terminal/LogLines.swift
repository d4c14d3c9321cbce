import ConfigurationFile
import FoundationEssentials
import Logging
import Synchronization

/// The level that all loggers follow; changed while the daemon runs.
final class LogLevelBox: Sendable {
    private let level: Mutex<Logger.Level>

    init(_ level: Logger.Level) { self.level = Mutex(level) }

    var current: Logger.Level { level.withLock { $0 } }

    func set(_ level: Logger.Level) { self.level.withLock { $0 = level } }
}

extension Logger.Level {
    init(_ level: LogLevel) {
        switch level {
        case .trace: self = .trace
        case .debug: self = .debug
        case .info: self = .info
        case .notice: self = .notice
        case .warning: self = .warning
        case .error: self = .error
        case .critical: self = .critical
        }
    }
}

/// One plain line on standard error for each entry: level, sentence, values.
struct LogLines: LogHandler {
    var metadata: Logger.Metadata = [:]
    let label: String
    let level: LogLevelBox

    init(label: String, level: LogLevelBox) {
        self.label = label
        self.level = level
    }

    var logLevel: Logger.Level {
        get { level.current }
        set { level.set(newValue) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let words = values.map { " \($0.key)=\($0.value)" }.joined()
        StandardError.write("\(event.level): \(event.message)\(words)\n")
    }
}
