import StatusAPI
import Vocabulary

/// The stored singular values of one module's update against the step, beside its whole norm.
struct SpectrumChart {
    let module: ModuleHistory

    private static let left = 62.0
    private static let right = 366.0
    private static let bottom = 232.0

    private var rank: Int { module.steps.map(\.sigmas.count).max() ?? 0 }

    var card: Card {
        Card(
            name: "spectrum", title: "Spectrum of the update", sentence: sentence,
            picture: rank == 0 ? nil : picture, awaited: "The curves begin when the weight has changed.", table: table)
    }

    private var sentence: String {
        guard let last = module.steps.last, let sigma = last.sigmas.first else {
            return "The update of this module is zero at every recorded step."
        }
        let second = last.sigmas.dropFirst().first.map {
            ", \(Figures.significant(sigma / max($0, .leastNormalMagnitude))) times the second"
        }
        let share = last.energyShare.map { "; it holds \(Figures.percent($0)) of the update's energy" }
        return "At step \(Figures.step(last.step)) the largest singular value is \(Figures.significant(sigma))"
            + "\(second ?? "")\(share ?? "")."
    }

    private var picture: Markup {
        var paper = Paper(height: 280)
        let steps = Scale(0, Double(module.steps.last?.step.value ?? 1), from: Self.left, to: Self.right)
        let top = module.steps.compactMap(\.norm).max() ?? 1
        let range = Ticks.rounded(0, top, count: 4)
        let values = Scale(0, range.high, from: Self.bottom, to: 34)
        paper.verticalAxis(
            values, from: Self.left, to: Self.right, title: "singular value, in the units of the weights",
            ticks: Ticks.labelled(0, range.high, count: 4))
        let norms = module.steps.map { (Double($0.step.value), $0.norm ?? 0) }
        draw(norms, "curve whole", on: &paper, steps, values)
        for index in (0..<rank).reversed() {
            let line = module.steps.map { step in
                (Double(step.step.value), index < step.sigmas.count ? step.sigmas[index] : 0)
            }
            draw(line, index == 0 ? "curve first" : "curve lesser", on: &paper, steps, values)
        }
        label(on: &paper, values)
        paper.horizontalAxis(
            steps, at: Self.bottom, title: "optimizer step",
            ticks: Ticks.within(steps.low, steps.high).map { ($0, Figures.whole(Int($0))) })
        return paper.picture("Singular values against the optimizer step. " + sentence)
    }

    private func draw(
        _ line: [(Double, Double)], _ style: String, on paper: inout Paper, _ steps: Scale, _ values: Scale
    ) {
        let points = line.map { (x: steps.place($0.0), y: values.place($0.1)) }
        paper.polyline(points, style)
        guard let end = points.last else { return }
        paper.dot(end.x, end.y, style.replacing("curve", with: "mark"), radius: 2.5)
    }

    /// Beside the ends of the lines, from the top down, each below the one before.
    private func label(on paper: inout Paper, _ values: Scale) {
        guard let last = module.steps.last else { return }
        let ends = [("norm", last.norm ?? 0)] + zip(["σ₁", "σ₂"], last.sigmas).map { ($0, $1) }
        var above = -Double.infinity
        for (name, value) in ends {
            above = max(values.place(value) + 4, above + 15)
            paper.text(name, Self.right + 8, above, "note")
        }
    }

    private var table: Table {
        Table(
            caption: "Spectrum by step",
            head: ["Step"] + (0..<rank).map { "Sigma \($0 + 1)" } + ["Norm", "Energy share"],
            rows: module.steps.reversed().map { step in
                [Figures.step(step.step)]
                    + (0..<rank).map { $0 < step.sigmas.count ? Figures.significant(step.sigmas[$0]) : "0" }
                    + [step.norm.map(Figures.significant) ?? Figures.unknown, Figures.share(step.energyShare)]
            })
    }
}
