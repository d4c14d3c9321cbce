import StatusAPI
import Vocabulary

/// Confidence and proven horizon against the step, with the threshold and where predictions were made.
struct ConfidenceChart {
    let history: RunHistory
    let predictions: [PredictionDocument]

    private static let left = 52.0
    private static let right = 404.0
    private static let horizons = [1.0, 2, 4]

    var card: Card {
        Card(
            name: "confidence", title: "Confidence and proven horizon", sentence: sentence,
            picture: history.verdicts.count < 2 ? nil : picture,
            awaited:
                "The curves begin with the second recorded checkpoint. A confidence above 0 takes forecasts that came "
                + "true, so several more.", table: table)
    }

    private var sentence: String {
        guard let newest = history.verdicts.last else { return "No checkpoint is judged yet." }
        let confidence = Figures.share(newest.confidence)
        let against = history.threshold.map { ", \(Figures.share($0)) is needed" } ?? ""
        let proven = newest.provenHorizon.map { "; forecasts are proven to \(Figures.ratio($0)) the step" }
        return "At step \(Figures.step(newest.step)) the confidence is \(confidence)\(against)"
            + "\(proven ?? "; no horizon is proven")."
    }

    private var steps: Scale {
        let values = history.verdicts.map { Double($0.step.value) }
        return Scale(0, values.last ?? 1, from: Self.left, to: Self.right)
    }

    private var picture: Markup {
        var paper = Paper(height: 330)
        drawConfidence(on: &paper, Scale(0, 1, from: 180, to: 34))
        drawHorizon(on: &paper, Scale(1, 4, from: 282, to: 226, isLogarithmic: true))
        paper.horizontalAxis(
            steps, at: 282, title: "optimizer step",
            ticks: Ticks.within(steps.low, steps.high).map { ($0, Figures.whole(Int($0))) })
        return paper.picture("Confidence and proven horizon against the optimizer step. " + sentence)
    }

    private func drawConfidence(on paper: inout Paper, _ scale: Scale) {
        paper.verticalAxis(
            scale, from: Self.left, to: Self.right, title: "confidence, 0 to 1",
            ticks: [0, 0.25, 0.5, 0.75, 1].map { ($0, Figures.fixed($0, 2)) })
        if let threshold = history.threshold {
            let y = scale.place(threshold)
            paper.line(Self.left, y, Self.right, y, "threshold")
            paper.text("threshold \(Figures.share(threshold))", Self.left + 4, y - 5, "note threshold-note")
        }
        let points = history.verdicts.map { verdict in
            (x: steps.place(Double(verdict.step.value)), y: scale.place(verdict.confidence ?? 0))
        }
        paper.polyline(points, "curve first")
        for (verdict, point) in zip(history.verdicts, points) {
            paper.dot(
                point.x, point.y, verdict.ready ? "mark first" : "mark first hollow", radius: verdict.ready ? 4 : 3,
                hint: hint(verdict))
        }
        drawPredictions(on: &paper, scale)
    }

    /// A flag over the point at which a prediction was made.
    private func drawPredictions(on paper: inout Paper, _ scale: Scale) {
        var labels = LabelPlaces()
        for (step, made) in Dictionary(grouping: predictions.filter { $0.state != .failed }, by: \.fromStep)
            .sorted(by: { $0.key < $1.key })
        {
            guard let verdict = history.verdicts.last(where: { $0.step == step }) else { continue }
            let x = steps.place(Double(step.value))
            let y = scale.place(verdict.confidence ?? 0) - 9
            paper.path(
                "M\(at(x)) \(at(y))l-5 -8h10z", "mark emitted",
                hint: made.map { "prediction \($0.id), for step \(Figures.step($0.step))" }.joined(separator: "; "))
            labels.write(
                made.map { "#\($0.id)" }.joined(separator: " "), at: x, [y - 12, y - 26], on: &paper)
        }
    }

    private func drawHorizon(on paper: inout Paper, _ scale: Scale) {
        paper.verticalAxis(
            scale, from: Self.left, to: Self.right, title: "proven horizon, as a multiple of the step",
            ticks: Self.horizons.map { ($0, $0 == 1 ? "none" : Figures.ratio($0)) })
        var run: [(x: Double, y: Double)] = []
        for verdict in history.verdicts {
            let point = (x: steps.place(Double(verdict.step.value)), y: scale.place(verdict.provenHorizon ?? 1))
            if verdict.provenHorizon == nil {
                paper.polyline(run, "curve second")
                run = []
            } else {
                run.append(point)
            }
            paper.dot(
                point.x, point.y, verdict.provenHorizon == nil ? "mark second hollow" : "mark second", radius: 3,
                hint: hint(verdict))
        }
        paper.polyline(run, "curve second")
    }

    private func hint(_ verdict: VerdictDocument) -> String {
        let proven = verdict.provenHorizon.map { "proven to \(Figures.ratio($0))" } ?? "no horizon proven"
        return "step \(Figures.step(verdict.step)): confidence \(Figures.share(verdict.confidence)), \(proven). "
            + verdict.reason
    }

    private var table: Table {
        Table(
            caption: "Judgements by step", head: ["Step", "Confidence", "Proven horizon", "Skill", "Model", "Reason"],
            rows: history.verdicts.reversed().map { verdict in
                [
                    Figures.step(verdict.step), Figures.share(verdict.confidence),
                    verdict.provenHorizon.map(Figures.ratio) ?? "none", Figures.share(verdict.skill),
                    verdict.model?.text ?? "none", verdict.reason,
                ]
            })
    }
}
