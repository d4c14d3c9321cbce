import FoundationEssentials
import FoundationInternationalization
import StatusAPI

/// `/v1/status` for a person: is it working, what has it seen, how far ahead can it see and how sure is it, what did
/// it emit, what is there to do. Lines of at most `width` columns where the text can be broken.
struct StatusScreen {
    let status: RunStatus
    var width = 80

    func lines() -> [String] {
        [headline] + trouble + [""] + seen + measured + movement + forecast + emitted + next
    }

    private var headline: String {
        "alpharl \(status.version) · run \(status.run) · \(activity)"
    }

    private var activity: String {
        switch status.state {
        case .starting: "starting: reading the run for the first time"
        case .watching: "watching"
        case .recording: "recording a checkpoint"
        case .emitting: "writing a prediction"
        case .degraded: "working, with a problem"
        case .stopping: "stopping"
        }
    }

    private var trouble: [String] {
        guard let error = status.lastError else { return [] }
        return row("Problem", error)
    }

    private var seen: [String] {
        let counts = status.checkpoints
        var text: String
        if let first = counts.firstStep, let last = counts.lastStep {
            let steps = first == last ? "step \(first)" : "steps \(first) to \(last)"
            text = "\(count(counts.recorded, "checkpoint")), \(steps)"
        } else {
            text = "no checkpoint recorded yet"
        }
        if counts.pending > 0 { text += " · \(counts.pending) waiting" }
        if counts.recorded > 0, let layout = status.layout.name { text += " · layout \(layout)" }
        if counts.rejected > 0 { text += " · \(counts.rejected) rejected, see /v1/checkpoints for the reasons" }
        return row("Seen", text)
    }

    private var measured: [String] {
        let accuracy = status.accuracy
        guard let value = accuracy.value, let step = accuracy.step else {
            return accuracy.problem.map { row("Accuracy", "not known: \($0)") } ?? []
        }
        let source = accuracy.source.map { $0 == "api" ? ", posted" : ", from \($0)" } ?? ""
        return row("Accuracy", "\(number(value)) at step \(step)\(source) · known at \(count(accuracy.known, "step"))")
    }

    private var movement: [String] {
        let trajectory = status.trajectory
        guard trajectory.modules > 0 else { return [] }
        let parts = [
            "\(count(trajectory.modules, "module"))",
            trajectory.energyShare.map { "\(percent($0)) of each update's energy in its first factor" },
            trajectory.directionCosine.map { "direction steady to \(number($0))" },
            trajectory.linearityR2.map { "linear to R2 \(number($0))" },
        ]
        return row("Movement", parts.compactMap(\.self).joined(separator: " · "))
    }

    private var forecast: [String] {
        let forecast = status.forecast
        var lines: [String] = []
        if let model = forecast.model, let target = forecast.targetStep {
            let reach = forecast.horizon.map { " (\(number($0))x)" } ?? ""
            lines += row("Forecast", "\(model) for step \(target)\(reach)")
        } else {
            lines += row("Forecast", "none yet")
        }
        if let confidence = forecast.confidence {
            let needed = forecast.threshold.map { ", \(number($0)) needed" } ?? ""
            lines += row("Confidence", "\(meter(confidence)) \(number(confidence))\(needed)")
        }
        lines += row("", evidence(forecast))
        lines += row(forecast.ready ? "Ready" : "Not yet", forecast.reason)
        return lines
    }

    private func evidence(_ forecast: RunStatus.ForecastSummary) -> String {
        let parts = [
            forecast.provenHorizon.map { "proven to \(number($0))x" } ?? "no horizon proven",
            forecast.skill.map { "past forecasts removed \(percent($0)) of the error of standing still" },
            forecast.realised.map { "\(percent($0)) of the predicted movement happened" },
        ]
        return parts.compactMap(\.self).joined(separator: " · ")
    }

    private var emitted: [String] {
        guard !status.predictions.isEmpty else { return row("Emitted", "nothing yet") }
        return status.predictions.suffix(3).reversed().enumerated().flatMap { index, prediction -> [String] in
            var text = "#\(prediction.id): step \(prediction.step) from step \(prediction.fromStep)"
            if let confidence = prediction.confidence { text += ", confidence \(number(confidence))" }
            if let accuracy = prediction.accuracy { text += ", accuracy \(number(accuracy)) measured" }
            return row(index == 0 ? "Emitted" : "", text) + [label("") + prediction.path]
        }
    }

    private var next: [String] {
        guard let newest = status.predictions.last, newest.accuracy == nil else { return [] }
        return row(
            "Next",
            "evaluate the newest prediction as any other checkpoint, and post what it scores with "
                + "{\"prediction\": \(newest.id), \"accuracy\": ...} to /v1/metrics")
    }
}

extension StatusScreen {
    private static let labelWidth = 12

    private func label(_ text: String) -> String {
        text + String(repeating: " ", count: max(1, Self.labelWidth - text.count))
    }

    /// A label and its text, broken at spaces and indented.
    private func row(_ name: String, _ text: String) -> [String] {
        let room = max(20, width - Self.labelWidth)
        var rows: [String] = []
        var current = ""
        for word in text.split(separator: " ") {
            if !current.isEmpty && current.count + 1 + word.count > room {
                rows.append(current)
                current = String(word)
            } else {
                current += (current.isEmpty ? "" : " ") + word
            }
        }
        rows.append(current)
        return rows.enumerated().map { label($0.offset == 0 ? name : "") + $0.element }
    }

    private func meter(_ share: Double) -> String {
        let filled = Int((min(1, max(0, share)) * 20).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
    }

    private func number(_ value: Double) -> String {
        value.formatted(.number.precision(.fractionLength(0...2)).locale(Locale(identifier: "en_US_POSIX")))
    }

    private func percent(_ value: Double) -> String { "\(Int((value * 100).rounded()))%" }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
