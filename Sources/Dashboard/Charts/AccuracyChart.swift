import StatusAPI
import Vocabulary

/// The run's own accuracy against the step, and where predictions were made and landed.
struct AccuracyChart {
    let checkpoints: [CheckpointDocument]
    let predictions: [PredictionDocument]

    private static let left = 52.0
    private static let right = 404.0
    private static let bottom = 282.0

    private struct Known {
        let step: Double
        let value: Double
    }

    private var known: [Known] {
        checkpoints.filter { $0.state != .superseded }.compactMap { checkpoint in
            checkpoint.accuracy.map { Known(step: Double(checkpoint.step.value), value: $0) }
        }
    }

    private var shown: [PredictionDocument] { predictions.filter { $0.state == .emitted || $0.state == .removed } }

    var card: Card {
        Card(
            name: "accuracy", title: "Accuracy, with predictions", sentence: sentence,
            picture: known.isEmpty ? nil : picture, table: table)
    }

    private var sentence: String {
        guard let last = known.last else {
            return "No accuracy is known: name a source in [metrics], or post it to /v1/metrics."
        }
        let newest = shown.last { $0.accuracy != nil }
        let measured = newest.map {
            "; prediction \($0.id), for step \(Figures.step($0.step)) from step \(Figures.step($0.fromStep)), "
                + "measured \(value($0.accuracy))"
        }
        let hollow =
            shown.contains { $0.accuracy == nil } ? " A hollow mark is a prediction that nobody has measured." : ""
        return "The run is at \(value(last.value)) at step \(Figures.whole(Int(last.step)))\(measured ?? "").\(hollow)"
    }

    private func value(_ accuracy: Double?) -> String { accuracy.map { Figures.fixed($0, 3) } ?? Figures.unknown }

    private var steps: Scale {
        let targets = shown.map { Double($0.step.value) }
        return Scale(0, (known.map(\.step) + targets).max() ?? 1, from: Self.left, to: Self.right)
    }

    private var values: Scale {
        let all = known.map(\.value) + shown.compactMap(\.accuracy)
        let range = Ticks.rounded(all.min() ?? 0, all.max() ?? 1)
        return Scale(range.low, range.high, from: Self.bottom, to: 34)
    }

    private var picture: Markup {
        var paper = Paper(height: 330)
        let steps = steps
        let values = values
        paper.verticalAxis(
            values, from: Self.left, to: Self.right, title: "accuracy",
            ticks: Ticks.within(values.low, values.high).map { ($0, Figures.significant($0)) })
        paper.polyline(known.map { (steps.place($0.step), values.place($0.value)) }, "curve quiet")
        for point in known {
            paper.dot(
                steps.place(point.step), values.place(point.value), "mark quiet", radius: 2.5,
                hint: "step \(Figures.whole(Int(point.step))): \(value(point.value))")
        }
        for prediction in shown { draw(prediction, on: &paper, steps, values) }
        paper.horizontalAxis(
            steps, at: Self.bottom, title: "optimizer step",
            ticks: Ticks.within(steps.low, steps.high).map { ($0, Figures.whole(Int($0))) })
        return paper.picture("Accuracy against the optimizer step, with predictions. " + sentence)
    }

    /// An arrow from where it was made to what it measured; one that is not measured stands at the bottom.
    private func draw(_ prediction: PredictionDocument, on paper: inout Paper, _ steps: Scale, _ values: Scale) {
        let x = steps.place(Double(prediction.step.value))
        let hint =
            "prediction \(prediction.id), for step \(Figures.step(prediction.step)) from step "
            + "\(Figures.step(prediction.fromStep)): \(prediction.accuracy.map { "accuracy \(value($0))" } ?? "not measured")"
        guard let accuracy = prediction.accuracy else {
            paper.path("M\(at(x)) \(at(Self.bottom - 12))l6 6l-6 6l-6 -6z", "mark emitted hollow", hint: hint)
            paper.text("#\(prediction.id)", x, Self.bottom - 18, "note emitted-note", anchor: "middle")
            return
        }
        let y = values.place(accuracy)
        if let start = known.last(where: { $0.step <= Double(prediction.fromStep.value) }) {
            paper.line(steps.place(Double(prediction.fromStep.value)), values.place(start.value), x, y, "leap")
        }
        paper.path("M\(at(x)) \(at(y - 7))l7 7l-7 7l-7 -7z", "mark emitted", hint: hint)
        paper.text("#\(prediction.id) \(value(accuracy))", x, y - 13, "note emitted-note", anchor: anchor(x))
    }

    private func anchor(_ x: Double) -> String {
        if x > Self.right - 60 { return "end" }
        return x < Self.left + 60 ? "start" : "middle"
    }

    private var table: Table {
        Table(
            caption: "Accuracy by step", head: ["Step", "Accuracy", "Source"],
            rows: checkpoints.reversed().compactMap { checkpoint in
                guard let accuracy = checkpoint.accuracy else { return nil }
                return [Figures.step(checkpoint.step), value(accuracy), checkpoint.accuracySource ?? Figures.unknown]
            })
    }
}
