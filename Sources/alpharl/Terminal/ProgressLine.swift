import Pipeline
import StatusAPI
import Synchronization

/// One line on a terminal that says what is being done, how much of it is done, and how long it may still take.
final class ProgressLine: Sendable {
    private struct State {
        var began = ContinuousClock.now
        var total = 0
        var lastShown = ContinuousClock.now - .seconds(1)
        var width = 0
    }

    private static let interval = Duration.milliseconds(100)
    private let isShown: Bool
    private let state = Mutex(State())

    init(isShown: Bool) { self.isShown = isShown }

    func show(_ snapshot: RunProgress.Snapshot) {
        guard isShown, snapshot.activity == .recording, snapshot.total > 0 else { return }
        let now = ContinuousClock.now
        let text = state.withLock { state -> String? in
            if snapshot.done == 0 { state.began = now }
            guard now - state.lastShown >= Self.interval || snapshot.done == snapshot.total else { return nil }
            state.lastShown = now
            return fit(line(snapshot, since: state.began, now), &state)
        }
        if let text { StandardError.write("\r" + text) }
    }

    func clear() {
        guard isShown else { return }
        let width = state.withLock { $0.width }
        StandardError.write("\r" + String(repeating: " ", count: width) + "\r")
    }

    private func line(
        _ snapshot: RunProgress.Snapshot, since began: ContinuousClock.Instant, _ now: ContinuousClock.Instant
    ) -> String {
        let filled = 20 * snapshot.done / snapshot.total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
        var text = "\(snapshot.headline)  \(bar) \(snapshot.done) of \(snapshot.total) modules"
        if snapshot.done > 0, snapshot.done < snapshot.total {
            let left = (now - began) * (snapshot.total - snapshot.done) / snapshot.done
            if left >= .seconds(2) { text += ", \(left.components.seconds) s left" }
        }
        return text
    }

    /// Covers what was there before.
    private func fit(_ text: String, _ state: inout State) -> String {
        let padding = String(repeating: " ", count: max(0, state.width - text.count))
        state.width = max(state.width, text.count)
        return text + padding
    }
}
