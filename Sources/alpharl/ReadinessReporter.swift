import Pipeline
import StatusAPI
import Synchronization
import SystemdIntegration

/// Tells the service manager when the daemon is ready, and then what it does: one line, only when it changes.
///
/// Ready is: the store is open and up to date, the first scan is in it, and the socket answers.
final class ReadinessReporter: Sendable {
    private struct State {
        var isListening = false
        var isReady = false
        var line = ""
        var countedAt = ContinuousClock.now
    }

    private let notifier: ReadinessNotifier
    private let state = Mutex(State())

    init(notifier: ReadinessNotifier) { self.notifier = notifier }

    /// The socket answers from now on.
    func listening(_ snapshot: RunProgress.Snapshot) {
        state.withLock { $0.isListening = true }
        report(snapshot)
    }

    func reloading() { notifier.reloading() }

    /// Also after a reload that was refused: the old configuration is in force.
    func reloaded(_ snapshot: RunProgress.Snapshot) { notifier.ready(status: Self.line(snapshot)) }

    func report(_ snapshot: RunProgress.Snapshot) {
        guard notifier.isNotifying else { return }
        if snapshot.activity == .stopping { return notifier.stopping(status: Self.line(snapshot)) }
        guard snapshot.hasScanned else { return }
        let line = Self.line(snapshot)
        let (isFirst, isNews) = state.withLock { state -> (Bool, Bool) in
            guard state.isListening else { return (false, false) }
            let isFirst = !state.isReady
            // Modules are counted once a second; everything else is told at once.
            let isCount = Self.withoutCount(line) == Self.withoutCount(state.line)
            let now = ContinuousClock.now
            guard isFirst || (line != state.line && (!isCount || now - state.countedAt >= .seconds(1))) else {
                return (false, false)
            }
            state = State(isListening: true, isReady: true, line: line, countedAt: now)
            return (isFirst, true)
        }
        if isFirst {
            notifier.ready(status: line)
        } else if isNews {
            notifier.status(line)
        }
    }

    private static func line(_ snapshot: RunProgress.Snapshot) -> String {
        if let error = snapshot.lastError { return "\(snapshot.headline); \(error)" }
        let work = snapshot.work.flatMap { $0.unit == .modules && $0.total > 0 ? $0 : nil }
        let count = work.map { " [\($0.done) of \($0.total) modules]" } ?? ""
        let waiting = snapshot.unfinished.first.map { "; step \($0.step) waits: \($0.reason)" } ?? ""
        return "\(snapshot.activity.rawValue): \(snapshot.headline)\(count)\(waiting)"
    }

    private static func withoutCount(_ line: String) -> Substring { line.prefix { $0 != "[" } }
}
