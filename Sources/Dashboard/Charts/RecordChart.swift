import StatusAPI
import Vocabulary

/// Past forecasts against what came true, by how far they reached. The newest tests are what the confidence rests on.
struct RecordChart {
    let model: ModelName?
    let backtests: [BacktestDocument]
    let forecasts: ForecastList

    private static let left = 52.0
    private static let right = 404.0
    /// Ratios of interest (method, section 4): nothing beyond 4 x 1.25 is used, nothing below 1.25 / 1.25.
    private static let reaches = [1.25, 1.5, 2, 2.5, 3, 4]
    private let ratios = Scale(1.1, 5, from: left, to: right, isLogarithmic: true)
    private let skills = Scale(-1, 1, from: 246, to: 34)

    private var shown: [BacktestDocument] {
        backtests.filter { test in
            guard let ratio = test.ratio, test.skill != nil else { return false }
            return ratios.contains(ratio)
        }
    }

    /// Tests against one of the three newest checkpoints.
    private var newest: Set<TrainingStep> { Set(Set(backtests.map(\.targetStep)).sorted().suffix(3)) }

    private var levels: [ForecastDocument] { forecasts.forecasts.filter { $0.model == model && $0.pairs > 0 } }

    var card: Card {
        Card(
            name: "record", title: "Forecasts against what came true", sentence: sentence,
            picture: shown.isEmpty ? nil : picture,
            awaited:
                "A point appears here for each forecast that a later checkpoint can be held against: the first ones need "
                + "two or three more checkpoints.", table: table)
    }

    private var sentence: String {
        guard let model, !shown.isEmpty else {
            return "No forecast could be held against a later checkpoint yet."
        }
        let better = shown.count { ($0.skill ?? 0) > 0 }
        return
            "\(Figures.whole(better)) of \(Figures.count(shown.count, "forecast")) that the model \(model) made from the run's "
            + "own past came nearer to what happened than keeping the old checkpoint, which is skill 0; 1 is exact."
    }

    private var picture: Markup {
        var paper = Paper(height: 330)
        paper.verticalAxis(
            skills, from: Self.left, to: Self.right, title: "skill",
            ticks: [-1, -0.5, 0, 0.5, 1].map { ($0, $0 == -1 ? "≤ -1" : Figures.fixed($0, 1)) })
        paper.line(Self.left, skills.place(0), Self.right, skills.place(0), "zero")
        for test in shown where !newest.contains(test.targetStep) { draw(test, "mark old", 2.5, on: &paper) }
        for test in shown where newest.contains(test.targetStep) { draw(test, "mark first", 4, on: &paper) }
        for level in levels { draw(level, on: &paper) }
        paper.horizontalAxis(
            ratios, at: 246, title: "reach: target step over starting step",
            ticks: Self.reaches.map { ($0, Figures.ratio($0)) })
        drawKey(on: &paper)
        return paper.picture("Skill of past forecasts against their reach. " + sentence)
    }

    private func draw(_ test: BacktestDocument, _ style: String, _ radius: Double, on paper: inout Paper) {
        guard let ratio = test.ratio, let skill = test.skill else { return }
        paper.dot(ratios.place(ratio), skills.place(skill), style, radius: radius, hint: hint(test))
    }

    /// The confidence at a ratio of interest, as a bar across.
    private func draw(_ level: ForecastDocument, on paper: inout Paper) {
        guard let confidence = level.confidence else { return }
        let x = ratios.place(level.horizon)
        let y = skills.place(confidence)
        paper.path(
            "M\(at(x - 13)) \(at(y))h26", "bar",
            hint: "confidence at \(Figures.ratio(level.horizon)): \(Figures.share(confidence))")
    }

    private func drawKey(on paper: inout Paper) {
        let y = 312.0
        paper.dot(Self.left + 5, y - 4, "mark first", radius: 4)
        paper.text("3 newest steps", Self.left + 14, y, "note")
        paper.dot(Self.left + 146, y - 4, "mark old", radius: 2.5)
        paper.text("earlier", Self.left + 155, y, "note")
        paper.path("M\(at(Self.left + 228)) \(at(y - 4))h18", "bar")
        paper.text("confidence", Self.left + 252, y, "note")
    }

    private func hint(_ test: BacktestDocument) -> String {
        "from step \(Figures.step(test.originStep)) for step \(Figures.step(test.targetStep)): skill "
            + "\(Figures.share(test.skill)), \(test.realised.map(Figures.percent) ?? "unknown") of the movement happened"
    }

    private var table: Table {
        Table(
            caption: "Confidence by reach, now",
            head: ["Reach", "Confidence", "Skill", "Movement that happened", "Tests"],
            rows: levels.map { level in
                [
                    Figures.ratio(level.horizon), Figures.share(level.confidence), Figures.share(level.skill),
                    level.realised.map(Figures.percent) ?? Figures.unknown, String(level.pairs),
                ]
            })
    }
}
