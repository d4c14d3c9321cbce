import StatusAPI
import Vocabulary

/// What the run is trained on: every logged step thin, a running mean over them, and the steps that predictions were made at.
struct RewardPanel {
    let series: MeasuredSeries
    /// The steps that predictions were made at.
    let marked: Set<TrainingStep>
    let steps: Scale

    /// Rewards are noisy from step to step: a twentieth of the logged steps, odd and at least 5; none of a few.
    private var window: Int { series.points.count < 10 ? 1 : max(5, series.points.count / 40 * 2 + 1) }

    func draw(on paper: inout Paper, top: Double, bottom: Double) {
        let values = Scale(covering: series.points.map(\.value), count: 2, from: bottom, to: top)
        let mean = window > 1 ? ", mean of \(window) logged steps" : ""
        paper.verticalAxis(
            values, from: AccuracyChart.left, to: AccuracyChart.right, title: series.title(or: "reward") + mean,
            ticks: Ticks.labelled(values.low, values.high, count: 2))
        if window > 1 { paper.polyline(places(series.thinned(to: 400), values), "curve thin") }
        paper.polyline(places(series.averaged(over: window).thinned(to: 400), values), "curve second")
        if series.points.count == 1, let only = series.points.first {
            paper.dot(steps.place(Double(only.step.value)), values.place(only.value), "mark second", radius: 3)
        }
        for step in marked.sorted() {
            let x = steps.place(Double(step.value))
            paper.path(
                "M\(at(x)) \(at(bottom - 9))l-5 8h10z", "mark emitted",
                hint: "a prediction was made at step \(Figures.step(step))")
        }
    }

    private func places(_ points: [MeasuredSeries.Mean], _ values: Scale) -> [(x: Double, y: Double)] {
        points.map { (steps.place($0.step), values.place($0.value)) }
    }
}

extension MeasuredSeries {
    /// Of several points.
    struct Mean: Hashable, Sendable {
        let step: Double
        let value: Double
    }

    /// What its trainer calls it; the end of a long name.
    func title(or word: String) -> String {
        guard let name = source?.split(separator: ": ").last, let source, name.count < source.count else { return word }
        guard name != word else { return word }
        return "\(word): " + (name.count > 32 ? "…" + name.suffix(31) : name)
    }

    /// - Parameter count: means of neighbours take the place of the points where there are more than so many.
    func thinned(to count: Int) -> [Mean] {
        points.map { Mean(step: Double($0.step.value), value: $0.value) }.thinned(to: count)
    }

    /// - Parameter window: points, odd; at the ends as many as there are.
    func averaged(over window: Int) -> [Mean] {
        let half = window / 2
        var sums: [Double] = [0]
        for point in points { sums.append(sums[sums.count - 1] + point.value) }
        return points.indices.map { index in
            // As far to either side as there are points on both, so that an end is not drawn towards the middle.
            let reach = min(half, index, points.count - 1 - index)
            let mean = (sums[index + reach + 1] - sums[index - reach]) / Double(2 * reach + 1)
            return Mean(step: Double(points[index].step.value), value: mean)
        }
    }
}

extension [MeasuredSeries.Mean] {
    func thinned(to limit: Int) -> Self {
        guard self.count > limit else { return self }
        return (0..<limit).map { bin in
            let share = self[(bin * self.count / limit)..<((bin + 1) * self.count / limit)]
            let size = Double(share.count)
            return MeasuredSeries.Mean(
                step: share.reduce(0) { $0 + $1.step } / size, value: share.reduce(0) { $0 + $1.value } / size)
        }
    }
}
