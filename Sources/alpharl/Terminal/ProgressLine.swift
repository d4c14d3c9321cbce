import Pipeline
import StatusAPI
import Synchronization

/// One line on a terminal that says what is being done, how much of it is done, at what rate, and how long it may still
/// take.
final class ProgressLine: Sendable {
    private struct State {
        var lastShown = ContinuousClock.now - .seconds(1)
        var isDrawn = false
    }

    private static let interval = Duration.milliseconds(100)
    private let isShown: Bool
    private let state = Mutex(State())

    init(isShown: Bool) { self.isShown = isShown }

    /// Nothing at work: the line is taken away.
    func show(_ snapshot: RunProgress.Snapshot) {
        guard isShown else { return }
        guard let work = snapshot.work, work.total > 0 else { return clear() }
        let now = ContinuousClock.now
        state.withLock { state in
            guard now - state.lastShown >= Self.interval || work.done == work.total else { return }
            state.lastShown = now
            state.isDrawn = true
            let width = TerminalDevice.errors.size?.columns ?? 80
            let line = ScreenLine(WorkText(RunStatus.Work(work, at: now), kind: work.kind).text).cut(to: width - 1)
            StandardError.write("\r" + line.text + "\u{1B}[K")
        }
    }

    func clear() { printing {} }

    /// Lets somebody else write lines to standard error: the line is taken away before, and is back with the next news.
    func printing(_ write: () -> Void) {
        state.withLock { state in
            if state.isDrawn { StandardError.write("\r\u{1B}[K") }
            state.isDrawn = false
            write()
        }
    }
}

/// A piece of work in words: `step 168  ████░░░░ 12 of 21 modules, 40/s, 3 s left, 5 more wait`.
struct WorkText {
    let work: RunStatus.Work
    let kind: WorkProgress.Kind

    init(_ work: RunStatus.Work, kind: WorkProgress.Kind) {
        self.work = work
        self.kind = kind
    }

    var text: String { "\(subject)  \(Figures.meter(share)) \(amount)" }

    private var subject: String {
        switch kind {
        case .recording: "recording step \(work.step)"
        case .emitting: "writing step \(work.step)"
        case .reconstructing: "decomposing step \(work.step)"
        }
    }

    private var share: Double { work.total > 0 ? Double(work.done) / Double(work.total) : 0 }

    private var amount: String {
        let isBytes = work.unit == "bytes"
        let counted =
            isBytes
            ? "\(Figures.bytes(Double(work.done))) of \(Figures.bytes(Double(work.total)))"
            : "\(work.done) of \(work.total) \(work.unit)"
        let rate = work.perSecond.map { isBytes ? "\(Figures.bytes($0))/s" : "\(Figures.rate($0))/s" }
        let left = work.secondsLeft.map { "\(Figures.duration($0)) left" }
        let queue = work.queued > 0 ? "\(work.queued) more \(work.queued == 1 ? "waits" : "wait")" : nil
        return [counted, rate, left, queue].compactMap(\.self).joined(separator: ", ")
    }
}
