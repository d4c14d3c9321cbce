import StatusAPI
import Vocabulary

/// The run's own accuracy and reward against the step, and where predictions were made and landed.
struct AccuracyChart {
    let measurements: RunMeasurements
    let predictions: [PredictionDocument]

    static let left = 52.0
    static let right = 404.0
    private static let bottom = 282.0

    private var accuracy: MeasuredSeries { measurements.accuracy }
    private var reward: MeasuredSeries { measurements.reward }
    private var isKnown: Bool { !accuracy.points.isEmpty || !reward.points.isEmpty }
    private var shown: [PredictionDocument] { predictions.filter { $0.state == .emitted || $0.state == .removed } }

    var card: Card {
        Card(
            name: "accuracy", title: "Accuracy and reward, with predictions", sentence: sentence,
            picture: isKnown ? picture : nil,
            awaited: "The curves begin with the first number that the trainer logs or that somebody posts.",
            table: table)
    }

    private var sentence: String {
        guard isKnown else {
            return "Neither is known: name the trainer's log in metrics.source, or post accuracies to /v1/metrics."
        }
        let newest = shown.last { $0.accuracy != nil }
        let measured = newest.map {
            " Prediction \($0.id), for step \(Figures.step($0.step)) from step \(Figures.step($0.fromStep)), measured "
                + "\(value($0.accuracy))."
        }
        let hollow =
            shown.contains { $0.accuracy == nil } ? " A hollow mark is a prediction that nobody has measured." : ""
        return "At step \(Figures.whole(lastStep)) \(standing).\(measured ?? "")\(hollow)"
    }

    private var lastStep: Int { (accuracy.points.last ?? reward.points.last)?.step.value ?? 0 }

    private var standing: String {
        guard let last = accuracy.points.last else { return "the reward is \(value(reward.points.last?.value))" }
        return "the run scores \(value(last.value))"
    }

    private func value(_ number: Double?) -> String { number.map { Figures.fixed($0, 3) } ?? Figures.unknown }

    private var steps: Scale {
        let targets = shown.map { Double($0.step.value) }
        let known = (accuracy.points + reward.points).map { Double($0.step.value) }
        return Scale(0, (known + targets).max() ?? 1, from: Self.left, to: Self.right)
    }

    private var picture: Markup {
        var paper = Paper(height: 330)
        let hasBoth = !accuracy.points.isEmpty && !reward.points.isEmpty
        if !accuracy.points.isEmpty || !shown.isEmpty {
            drawAccuracy(on: &paper, bottom: hasBoth ? 180 : Self.bottom)
        }
        if !reward.points.isEmpty {
            RewardPanel(series: reward, marked: Set(shown.map(\.fromStep)), steps: steps)
                .draw(on: &paper, top: hasBoth ? 218 : 34, bottom: Self.bottom)
        }
        paper.horizontalAxis(
            steps, at: Self.bottom, title: "optimizer step",
            ticks: Ticks.within(steps.low, steps.high).map { ($0, Figures.whole(Int($0))) })
        return paper.picture("Accuracy and reward against the optimizer step, with predictions. " + sentence)
    }

    private func drawAccuracy(on paper: inout Paper, bottom: Double) {
        let values = Scale(
            covering: accuracy.points.map(\.value) + shown.compactMap(\.accuracy), from: bottom, to: 34)
        paper.verticalAxis(
            values, from: Self.left, to: Self.right, title: accuracy.title(or: "accuracy"),
            ticks: Ticks.labelled(values.low, values.high, count: 4))
        let points = accuracy.thinned(to: 400).map { (steps.place($0.step), values.place($0.value)) }
        paper.polyline(points, "curve quiet")
        for point in accuracy.points.count <= 120 ? accuracy.points : [] {
            paper.dot(
                steps.place(Double(point.step.value)), values.place(point.value), "mark quiet", radius: 2.5,
                hint: "step \(Figures.step(point.step)): \(value(point.value))")
        }
        var labels = LabelPlaces()
        labels.reserve(accuracy.title(or: "accuracy"), from: Self.left, 22)
        for prediction in shown { draw(prediction, on: &paper, values, bottom, &labels) }
    }

    /// An arrow from where it was made to what it measured; one that is not measured stands at the bottom.
    private func draw(
        _ prediction: PredictionDocument, on paper: inout Paper, _ values: Scale, _ bottom: Double,
        _ labels: inout LabelPlaces
    ) {
        let x = steps.place(Double(prediction.step.value))
        let hint =
            "prediction \(prediction.id), for step \(Figures.step(prediction.step)) from step "
            + "\(Figures.step(prediction.fromStep)): \(prediction.accuracy.map { "accuracy \(value($0))" } ?? "not measured")"
        guard let accuracy = prediction.accuracy else {
            paper.path("M\(at(x)) \(at(bottom - 12))l6 6l-6 6l-6 -6z", "mark emitted hollow", hint: hint)
            return labels.write("#\(prediction.id)", at: x, [bottom - 18, bottom - 33], on: &paper)
        }
        let y = values.place(accuracy)
        let known = self.accuracy.points
        if let start = known.last(where: { $0.step <= prediction.fromStep }) {
            paper.line(steps.place(Double(prediction.fromStep.value)), values.place(start.value), x, y, "leap")
        }
        paper.path("M\(at(x)) \(at(y - 7))l7 7l-7 7l-7 -7z", "mark emitted", hint: hint)
        labels.write("#\(prediction.id) \(value(accuracy))", at: x, [y - 13, y + 22, y - 28], on: &paper)
    }

    private var table: Table {
        let rewards = Dictionary(reward.points.map { ($0.step, $0.value) }, uniquingKeysWith: { $1 })
        let accuracies = Dictionary(accuracy.points.map { ($0.step, $0.value) }, uniquingKeysWith: { $1 })
        let steps = accuracies.isEmpty ? rewards.keys.sorted().suffix(200) : accuracies.keys.sorted().suffix(200)
        let names = [accuracy.source.map { "accuracy from \($0)" }, reward.source.map { "reward from \($0)" }]
        return Table(
            caption: "By step: " + names.compactMap(\.self).joined(separator: ", "),
            head: ["Step", "Accuracy", "Reward"],
            rows: steps.reversed().map { step in
                [Figures.step(step), value(accuracies[step]), value(rewards[step])]
            })
    }
}
