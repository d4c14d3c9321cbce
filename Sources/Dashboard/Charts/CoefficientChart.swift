import StatusAPI
import Vocabulary

/// How far a module has come along the direction that all its rank-1 parts share, with the line through it.
struct CoefficientChart {
    let path: ModulePath

    private static let left = 62.0
    private static let right = 404.0
    private static let bottom = 232.0

    private struct Placed {
        let step: Double
        let value: Double
    }

    private var points: [Placed] {
        path.points.compactMap { point in
            point.coefficient.map { Placed(step: Double(point.step.value), value: $0) }
        }
    }

    var card: Card {
        Card(
            name: "coefficient", title: "Coefficient along the shared direction", sentence: sentence,
            picture: points.count < 2 ? nil : picture, awaited: "The line begins with the third recorded checkpoint.",
            table: table)
    }

    private var sentence: String {
        guard let slope = path.slope else {
            return "How far the weight has come along the direction that all its updates share, step by step."
        }
        let fit = path.r2.map { " and explains \(Figures.percent($0)) of the variance" }
        return "The line of least squares rises by \(Figures.significant(slope * 100)) per 100 steps\(fit ?? "")."
    }

    private var picture: Markup {
        var paper = Paper(height: 280)
        let steps = Scale(0, points.last?.step ?? 1, from: Self.left, to: Self.right)
        let range = Ticks.rounded(min(0, points.map(\.value).min() ?? 0), points.map(\.value).max() ?? 1, count: 4)
        let values = Scale(range.low, range.high, from: Self.bottom, to: 34)
        paper.verticalAxis(
            values, from: Self.left, to: Self.right, title: "coefficient, in the units of the weights",
            ticks: Ticks.labelled(range.low, range.high, count: 4))
        drawLine(on: &paper, steps, values)
        for point in points {
            paper.dot(
                steps.place(point.step), values.place(point.value), "mark first", radius: 3.5,
                hint: "step \(Figures.whole(Int(point.step))): \(Figures.significant(point.value))")
        }
        paper.horizontalAxis(
            steps, at: Self.bottom, title: "optimizer step",
            ticks: Ticks.within(steps.low, steps.high).map { ($0, Figures.whole(Int($0))) })
        return paper.picture("Coefficient against the optimizer step, with its line. " + sentence)
    }

    private func drawLine(on paper: inout Paper, _ steps: Scale, _ values: Scale) {
        guard let slope = path.slope, let intercept = path.intercept, let first = points.first, let last = points.last
        else { return }
        let ends = [first.step, last.step].map { (x: steps.place($0), y: values.place(intercept + slope * $0)) }
        paper.polyline(ends, "fit")
        guard let r2 = path.r2 else { return }
        paper.text("line, R² \(Figures.fixed(r2, 3))", Self.right, values.place(values.low) - 10, "note", anchor: "end")
    }

    private var table: Table {
        Table(
            caption: "Coefficient by step", head: ["Step", "Coefficient"],
            rows: points.reversed().map { [Figures.whole(Int($0.step)), Figures.significant($0.value)] })
    }
}
