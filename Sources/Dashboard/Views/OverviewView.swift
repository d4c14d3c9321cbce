import StatusAPI
import Vocabulary

/// Is it working, what has it seen, how far ahead can it see and how sure is it, what did it emit, what is there to do.
struct OverviewView {
    let status: RunStatus
    /// Whether the daemon was asked just now; a file cannot say what it does.
    var isLive = true

    private var forecast: RunStatus.ForecastSummary { status.forecast }

    var markup: Markup {
        .element(
            "section",
            ["class": "overview", "aria-label": "Overview", "data-state": isLive ? status.state.rawValue : nil],
            trouble, .element("dl", ["class": "facts"], facts),
            .element(
                "p", ["class": forecast.ready ? "verdict ready" : "verdict"],
                .element("strong", [:], text: forecast.ready ? "Ready. " : "Not yet. "),
                .text(sentence(forecast.shortReason))),
            next)
    }

    private func sentence(_ text: String) -> String {
        let first = text.prefix(1).uppercased() + text.dropFirst()
        return first.hasSuffix(".") ? first : first + "."
    }

    private var trouble: Markup {
        guard let error = status.lastError else { return .nothing }
        return .element(
            "p", ["class": "trouble", "role": "alert"], .element("strong", [:], text: "Problem. "),
            .text(sentence(error)))
    }

    private var facts: [Markup] {
        [
            isLive ? fact("State", state, detail: activity) : .nothing,
            fact("Checkpoints", Figures.whole(status.checkpoints.recorded), detail: seen),
            fact(
                "Confidence", forecast.confidence.map { Figures.fixed($0, 2) } ?? "none yet", detail: needed,
                meter: meter(forecast.confidence ?? 0, mark: forecast.threshold)),
            fact(
                "Proven horizon", forecast.provenHorizon.map(Figures.ratio) ?? "none yet",
                detail: "the reach to which forecasts came true"),
            fact("Next forecast", forecast.targetStep.map { "step \(Figures.step($0))" } ?? "none yet", detail: model),
            fact("Accuracy", status.accuracy.value.map { Figures.fixed($0, 3) } ?? Figures.unknown, detail: accuracy),
            fact("Predictions kept", Figures.whole(status.predictions.count), detail: emitted),
        ]
    }

    private func fact(_ name: String, _ value: String, detail: String?, meter: Markup = .nothing) -> Markup {
        .element(
            "div", [:], .element("dt", [:], text: name),
            .element(
                "dd", [:], .element("b", [:], text: value), meter,
                detail.map { .element("span", [:], text: $0) } ?? .nothing))
    }

    private var state: String {
        switch status.state {
        case .starting: "starting"
        case .watching: "watching"
        case .recording: "recording"
        case .emitting: "writing a prediction"
        case .degraded: "working, with a problem"
        case .stopping: "stopping"
        }
    }

    /// What is at work, or when something last was.
    private var activity: String? {
        guard let work = status.work else {
            return status.checkpoints.lastRecordedAt.map { "newest recorded \(Figures.time($0))" }
        }
        let share = work.total > 0 ? Double(work.done) / Double(work.total) : 0
        let left = work.secondsLeft.map { ", \(Figures.whole(Int($0.rounded(.up)))) s left" } ?? ""
        return "step \(Figures.step(work.step)): \(Figures.percent(share))\(left)"
    }

    private var seen: String {
        let counts = status.checkpoints
        var text = "none recorded so far"
        if let first = counts.firstStep, let last = counts.lastStep {
            let steps =
                first == last ? "step \(Figures.step(first))" : "steps \(Figures.step(first)) to \(Figures.step(last))"
            text = "recorded, \(steps)"
        }
        if counts.pending > 0 { text += ", \(counts.pending) waiting\(counts.pendingReason.map { ": \($0)" } ?? "")" }
        if counts.rejected > 0 { text += ", \(counts.rejected) rejected" }
        return text
    }

    private var needed: String? { forecast.threshold.map { "\(Figures.share($0)) needed" } }

    /// Decoration: the number stands beside it.
    private func meter(_ share: Double, mark: Double?) -> Markup {
        let share = min(1, max(0, share))
        let mark = mark.map { threshold in
            Markup.element(
                "line",
                ["class": "threshold", "x1": at(threshold * 100), "x2": at(threshold * 100), "y1": "0", "y2": "8"])
        }
        return .element(
            "svg",
            ["class": "meter", "viewBox": "0 0 100 8", "aria-hidden": "true", "preserveAspectRatio": "none"],
            .element("rect", ["class": "trough", "width": "100", "height": "8"]),
            .element("rect", ["class": "level", "width": at(share * 100), "height": "8"]), mark ?? .nothing)
    }

    private var model: String? {
        guard let model = forecast.model else { return nil }
        return (forecast.horizon.map { "\(Figures.ratio($0)) the last step, " } ?? "") + "by \(model)"
    }

    private var accuracy: String? {
        guard let step = status.accuracy.step else { return "none known so far" }
        let name = status.accuracy.source?.split(separator: ": ").last.map { $0 == "api" ? ", posted" : ", \($0)" }
        return "at step \(Figures.step(step))\(name ?? "")"
    }

    private var emitted: String? {
        status.predictions.last.map { "newest for step \(Figures.step($0.step))" } ?? "none emitted yet"
    }

    /// A file cannot know whether the trainer still runs.
    private var next: Markup {
        guard isLive || !status.predictions.isEmpty else { return .nothing }
        return .element(
            "p", ["class": "next"], .element("strong", [:], text: "Next. "),
            .text(sentence(Advice(status).text)))
    }
}
