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
                .text(sentence(forecast.reason))),
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
            isLive ? fact("State", state, detail: nil) : .nothing,
            fact("Checkpoints", Figures.whole(status.checkpoints.recorded), detail: seen),
            fact("Confidence", Figures.share(forecast.confidence), detail: needed, meter: meter),
            fact("Proven horizon", forecast.provenHorizon.map(Figures.ratio) ?? "none", detail: "times the last step"),
            fact("Forecast", forecast.targetStep.map { "step \(Figures.step($0))" } ?? "none", detail: model),
            fact("Accuracy", status.accuracy.value.map { Figures.fixed($0, 3) } ?? Figures.unknown, detail: accuracy),
            fact("Predictions", Figures.whole(status.predictions.count), detail: emitted),
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

    private var seen: String {
        let counts = status.checkpoints
        var text =
            "recorded, steps "
            + [counts.firstStep, counts.lastStep].compactMap { $0.map(Figures.step) }.joined(separator: " to ")
        if counts.lastStep == nil { text = "none recorded yet" }
        if counts.pending > 0 { text += ", \(counts.pending) waiting" }
        if counts.rejected > 0 { text += ", \(counts.rejected) rejected" }
        return text
    }

    private var needed: String? { forecast.threshold.map { "\(Figures.share($0)) needed" } }

    /// Decoration: the number stands beside it.
    private var meter: Markup {
        let confidence = min(1, max(0, forecast.confidence ?? 0))
        let mark = forecast.threshold.map { threshold in
            Markup.element(
                "line",
                ["class": "threshold", "x1": at(threshold * 100), "x2": at(threshold * 100), "y1": "0", "y2": "8"])
        }
        return .element(
            "svg",
            ["class": "meter", "viewBox": "0 0 100 8", "aria-hidden": "true", "preserveAspectRatio": "none"],
            .element("rect", ["class": "trough", "width": "100", "height": "8"]),
            .element("rect", ["class": "level", "width": at(confidence * 100), "height": "8"]), mark ?? .nothing)
    }

    private var model: String? {
        guard let model = forecast.model else { return nil }
        return model.text + (forecast.horizon.map { ", \(Figures.ratio($0))" } ?? "")
    }

    private var accuracy: String? {
        guard let step = status.accuracy.step else { return nil }
        return "at step \(Figures.step(step))"
    }

    private var emitted: String? {
        status.predictions.last.map { "emitted, newest for step \(Figures.step($0.step))" }
    }

    private var next: Markup {
        guard let newest = status.predictions.last, newest.accuracy == nil else { return .nothing }
        return .element(
            "p", ["class": "next"], .element("strong", [:], text: "Next. "),
            .text("Evaluate prediction \(newest.id) as any other checkpoint, and post what it scores to "),
            .element("code", [:], text: "/v1/metrics"), .text(": "),
            .element("code", [:], text: "{\"prediction\": \(newest.id), \"accuracy\": ...}"), .text("."))
    }
}
