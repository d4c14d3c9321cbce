import Foundation
import StatusAPI
import Testing
import Vocabulary

@testable import Dashboard

@Suite struct PageTests {
    /// A run whose names try to leave their places.
    private static let hostile = "</title><script>alert(1)</script>"

    private static func documents(name: String = "qwen-math") -> RunDocuments {
        let forecast = RunStatus.ForecastSummary(
            model: "damped", targetStep: TrainingStep(240), horizon: 2, confidence: 0.64, threshold: 0.5,
            provenHorizon: 2, skill: 0.7, realised: 0.9, ready: true, reason: "proven \(name)")
        let status = RunStatus(
            run: name, state: .watching, version: "1.0.0", startedAt: Date(timeIntervalSince1970: 0),
            base: .init(path: "/base", fingerprint: nil),
            checkpoints: .init(
                recorded: 3, pending: 0, rejected: 0, firstStep: TrainingStep(10), lastStep: TrainingStep(120)),
            trajectory: .init(modules: 1, energyShare: nil, directionCosine: nil, linearityR2: nil), forecast: forecast,
            predictions: [], lastError: name)
        let prediction = PredictionDocument(
            id: 1, state: .emitted, step: TrainingStep(240), fromStep: TrainingStep(120), format: .full,
            path: "/out/\(name)", emittedAt: nil, confidence: 0.64, accuracy: nil, model: "damped", anchor: .checkpoint,
            horizon: 2, forced: false, reason: nil, sourceSteps: [],
            confidenceParts: [.init(name: name, value: 1, meaning: name)], files: [])
        return RunDocuments(
            status: status, checkpoints: CheckpointList(checkpoints: []),
            measurements: RunMeasurements(accuracy: .none, reward: .none),
            modules: ModuleList(step: TrainingStep(120), modules: []),
            forecasts: ForecastList(fromStep: nil, threshold: nil, forecasts: []),
            predictions: PredictionList(predictions: [prediction]),
            history: RunHistory(threshold: 0.5, verdicts: []), backtests: BacktestList(backtests: []),
            closeUps: [ModuleHistory(name: TensorName(name), shape: [2, 2], steps: [], path: nil)])
    }

    private static let places = RunView.allCases.map { "id=\"view-\($0.rawValue)\"" }

    @Test func thePageBringsNothingInlineAndAsksNobodyElse() {
        let page = Page.live(Self.documents())
        for place in Self.places { #expect(page.contains(place)) }
        #expect(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="))
        #expect(
            page.components(separatedBy: "<script").count == 2
                && page.contains("<script src=\"/app.js\" defer></script>"))
        #expect(!page.contains("http://") && !page.contains("https://"))
    }

    @Test func theReportNeedsNothingElse() {
        let report = Page.report(
            Self.documents(), origin: "the store x.sqlite", now: Date(timeIntervalSince1970: 1_795_341_600))
        for place in Self.places { #expect(report.contains(place)) }
        #expect(!report.contains("<script") && !report.contains("<link") && !report.contains("href="))
        #expect(report.contains("Read from the store x.sqlite on 22 Nov 2026, 10:00 UTC."))
        #expect(report.contains("--paper:"), "its style is in it")
    }

    @Test func namesStayText() {
        for page in [
            Page.live(Self.documents(name: Self.hostile)),
            Page.report(Self.documents(name: Self.hostile), origin: Self.hostile, now: .now),
        ] {
            #expect(!page.contains("<script>alert"))
            #expect(page.contains("&lt;script&gt;alert(1)"))
        }
    }

    /// What is compiled in is what is in the source folder.
    @Test(arguments: [("style.css", "/style.css"), ("app.js", "/app.js"), ("icon.svg", "/icon.svg")])
    func theFilesAreThoseOfTheSource(name: String, path: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Dashboard")
        let file = try #require(Page.files.first { $0.path == path })
        #expect(Data(file.bytes) == (try Data(contentsOf: folder.appending(path: name))))
    }

    /// A picture for each number of points, none and one among them: no crash, no coordinate that is no number.
    @Test(arguments: [0, 1, 2, 40])
    func picturesOfFewAndManyPointsAreDrawn(count: Int) {
        let verdicts = (0..<count).map { index in
            VerdictDocument(
                step: TrainingStep(10 * (index + 1)), model: "damped", targetStep: nil, horizon: nil,
                provenHorizon: index % 3 == 0 ? nil : 2, confidence: Double(index % 10) / 10, skill: nil, realised: nil,
                ready: index % 2 == 0, reason: "because", emitted: false, energyShare: nil, directionCosine: nil,
                linearityR2: nil, relativeUpdateNorm: nil)
        }
        let markup = ConfidenceChart(history: RunHistory(threshold: 0.5, verdicts: verdicts), predictions: []).card
            .markup
        // One point in each of the two pictures for each checkpoint; a curve takes two.
        #expect(markup.source.components(separatedBy: "<circle").count - 1 == (count > 1 ? 2 * count : 0))
        #expect(markup.source.contains("class=\"awaited\"") == (count < 2))
        #expect(!markup.source.contains("nan") && !markup.source.contains("inf\""))
        #expect(markup.source.contains("threshold 0.50") == (count > 1))
        #expect(markup.source.components(separatedBy: "<tr>").count - 1 == (count > 0 ? count + 1 : 0))
    }
}
