import Foundation
import Glibc
import Logging
import Synchronization

@testable import SystemdIntegration

/// Keeps what was logged, as `level text`.
final class Recorder: Sendable {
    private let kept = Mutex<[String]>([])
    private let entries = Mutex<[JournalEntry]>([])

    var lines: [String] { kept.withLock { $0 } }
    var journal: [JournalEntry] { entries.withLock { $0 } }

    func keep(_ line: String) { kept.withLock { $0.append(line) } }
    func keep(_ entry: JournalEntry) { entries.withLock { $0.append(entry) } }

    var logger: Logger { logger(journal: nil) }

    /// - Parameter journal: what the journal answers; nil for none.
    func logger(journal: Int32?, control: LogLevelControl = LogLevelControl(.trace)) -> Logger {
        let take: @Sendable (JournalEntry) -> Int32 = { [self] in
            keep($0)
            return journal ?? 0
        }
        let destination = LogDestination(journal: journal == nil ? nil : take) { [self] in keep($0) }
        return Logger(label: "test") { JournalLogHandler(label: $0, control: control, destination: destination) }
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Runs blocking code on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}
