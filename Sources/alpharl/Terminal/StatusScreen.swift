import Dashboard
import Foundation
import Pipeline
import StatusAPI

/// `/v1/status` for a person, in this order: is it working, what has it seen, how far ahead can it see and how sure is
/// it, what did it emit, what is there to do. Lines of at most `width` columns where the text can be broken.
struct StatusScreen {
    let status: RunStatus
    var width = 80
    var now = Date()

    func lines() -> [ScreenLine] {
        let rows = [working, problem, seen, measured, movement] + forecast + emitted + [next]
        return [headline] + rows.compactMap(\.self).flatMap { $0.lines(width: width) }
    }

    /// One line for each row, but for what there is to do: for a screen that has no room for more.
    func shortLines() -> [ScreenLine] {
        let rows = [working, problem, seen, measured, movement] + forecast + emitted
        let short = rows.compactMap(\.self).map { row in
            (ScreenLine(row.name, .label).fitted(to: ScreenRow.labelWidth) + row.content).cut(to: width)
        }
        return [headline] + short + next.lines(width: width)
    }

    /// As it is printed.
    func text(_ palette: Palette = .none) -> String {
        lines().map { $0.rendered(palette) }.joined(separator: "\n") + "\n"
    }

    private var headline: ScreenLine {
        ScreenLine("alpharl \(status.version) · ", .faint) + ScreenLine("run \(status.run)", .title)
    }

    private var working: ScreenRow {
        let up = " · up \(Figures.duration(now.timeIntervalSince(status.startedAt)))"
        return ScreenRow("Working", activity + ScreenLine(newest + up))
    }

    private var activity: ScreenLine {
        switch status.state {
        case .starting: ScreenLine("starting: reading the run for the first time", .warning)
        case .watching: ScreenLine("yes, waiting for the next checkpoint", .good)
        case .recording: ScreenLine(work(.recording) ?? "yes, recording a checkpoint", .good)
        case .emitting: ScreenLine(work(.emitting) ?? "yes, writing a prediction", .good)
        case .degraded: ScreenLine("only partly: see the problem", .bad)
        case .stopping: ScreenLine("stopping", .warning)
        }
    }

    private func work(_ kind: WorkProgress.Kind) -> String? {
        status.work.map { WorkText($0, kind: kind).text }
    }

    private var newest: String {
        guard let last = status.checkpoints.lastRecordedAt else { return "" }
        return " · newest recorded \(Figures.duration(now.timeIntervalSince(last))) ago"
    }

    private var problem: ScreenRow? { status.lastError.map { ScreenRow("Problem", $0, .bad) } }

    private var seen: ScreenRow {
        let counts = status.checkpoints
        var text = "no checkpoint recorded yet"
        if let first = counts.firstStep, let last = counts.lastStep {
            let steps = first == last ? "step \(first)" : "steps \(first) to \(last)"
            text = "\(Figures.count(counts.recorded, "checkpoint")), \(steps)"
        }
        var line = ScreenLine(text)
        if counts.pending > 0 {
            let reason = counts.pendingReason.map { ": \($0)" } ?? ""
            line = line + ScreenLine(" · \(counts.pending) waiting\(reason)")
        }
        if counts.recorded > 0, let layout = status.layout.name {
            line =
                line
                + ScreenLine(" · layout \([layout, status.layout.form].compactMap(\.self).joined(separator: ", "))")
        }
        if counts.rejected > 0 {
            line = line + ScreenLine(" · \(counts.rejected) rejected, see /v1/checkpoints for the reasons", .warning)
        }
        return ScreenRow("Seen", line)
    }

    private var measured: ScreenRow? {
        let accuracy = status.accuracy
        guard let value = accuracy.value, let step = accuracy.step else {
            return accuracy.problem.map { ScreenRow("Accuracy", "not known: \($0)") }
        }
        let source = accuracy.source.map { $0 == "api" ? ", posted" : ", from \($0)" } ?? ""
        return ScreenRow(
            "Accuracy",
            "\(Figures.share(value)) at step \(step)\(source) · known at \(Figures.count(accuracy.known, "step"))")
    }

    private var movement: ScreenRow? {
        let trajectory = status.trajectory
        guard trajectory.modules > 0 else { return nil }
        guard status.checkpoints.recorded > 0 else {
            return ScreenRow("Movement", "\(Figures.count(trajectory.modules, "module")) of the base are tracked")
        }
        let parts = [
            Figures.count(trajectory.modules, "module"),
            trajectory.energyShare.map { "\(Figures.percent($0)) of each update's energy in its first factor" },
            trajectory.directionCosine.map { "direction steady to \(Figures.share($0))" },
            trajectory.linearityR2.map { "linear to R² \(Figures.share($0))" },
        ]
        return ScreenRow("Movement", parts.compactMap(\.self).joined(separator: " · "))
    }
}

// MARK: - How far ahead, how sure, what was emitted

extension StatusScreen {
    private var forecast: [ScreenRow?] {
        let forecast = status.forecast
        return [reach(forecast), confidence(forecast), evidence(forecast), answer(forecast)]
    }

    private func reach(_ forecast: RunStatus.ForecastSummary) -> ScreenRow {
        guard let model = forecast.model, let target = forecast.targetStep else {
            return ScreenRow("Forecast", "none yet")
        }
        let ratio = forecast.horizon.map { ", \(Figures.number($0))x the last step" } ?? ""
        return ScreenRow("Forecast", "step \(target)\(ratio), by the model \(model)")
    }

    private func confidence(_ forecast: RunStatus.ForecastSummary) -> ScreenRow? {
        guard let confidence = forecast.confidence else { return nil }
        let isEnough = forecast.threshold.map { confidence >= $0 } ?? forecast.ready
        let needed = forecast.threshold.map { ", \(Figures.share($0)) needed" } ?? ""
        return ScreenRow(
            "Confidence",
            ScreenLine(Figures.meter(confidence), isEnough ? .good : .warning)
                + ScreenLine(" \(Figures.share(confidence))\(needed)"))
    }

    private func evidence(_ forecast: RunStatus.ForecastSummary) -> ScreenRow? {
        guard forecast.model != nil else { return nil }
        let parts = [
            forecast.provenHorizon.map { "proven to \(Figures.number($0))x the last step" } ?? "no reach is proven yet",
            forecast.skill.map { "past forecasts removed \(Figures.percent($0)) of the error of standing still" },
            forecast.realised.map { "\(Figures.percent($0)) of the predicted movement happened" },
        ]
        return ScreenRow("", parts.compactMap(\.self).joined(separator: " · "))
    }

    private func answer(_ forecast: RunStatus.ForecastSummary) -> ScreenRow {
        ScreenRow(forecast.ready ? "Ready" : "Not yet", forecast.shortReason, forecast.ready ? .good : .plain)
    }

    private var emitted: [ScreenRow] {
        guard !status.predictions.isEmpty else { return [ScreenRow("Emitted", "nothing yet")] }
        return status.predictions.suffix(3).reversed().enumerated().flatMap { index, prediction in
            var text = "#\(prediction.id): step \(prediction.step) from step \(prediction.fromStep)"
            if let confidence = prediction.confidence { text += ", confidence \(Figures.share(confidence))" }
            if let accuracy = prediction.accuracy { text += ", accuracy \(Figures.share(accuracy)) measured" }
            return [ScreenRow(index == 0 ? "Emitted" : "", text), ScreenRow("", prediction.path)]
        }
    }
}

// MARK: - What to do

extension StatusScreen {
    private var next: ScreenRow { ScreenRow("Next", Advice(status).text) }
}
