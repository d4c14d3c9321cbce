import Foundation
import StatusAPI
import Testing
import Vocabulary

@testable import Dashboard

/// Accuracy and reward as curves.
@Suite struct MeasurementTests {
    private func series(_ values: [Double], source: String = "trainer_state: reward") -> MeasuredSeries {
        MeasuredSeries(
            source: source,
            points: values.enumerated().map { .init(step: TrainingStep($0.offset + 1), value: $0.element) })
    }

    private func card(accuracy: [Double], reward: [Double]) -> String {
        let known = RunMeasurements(
            accuracy: accuracy.isEmpty ? .none : series(accuracy, source: "trainer_state: eval_accuracy"),
            reward: reward.isEmpty ? .none : series(reward))
        return AccuracyChart(measurements: known, predictions: []).card.markup.source
    }

    /// A line keeps its place when it is averaged or thinned, also at its ends.
    @Test func meansOfALineLieOnIt() {
        let line = series((1...1000).map { 0.5 * Double($0) })
        #expect(line.averaged(over: 51).allSatisfy { abs($0.value - 0.5 * $0.step) < 1e-9 })
        let thin = line.thinned(to: 90)
        #expect(thin.count == 90 && thin.allSatisfy { abs($0.value - 0.5 * $0.step) < 1e-9 })
        #expect(series([1, 2]).thinned(to: 90).map(\.value) == [1, 2])
    }

    @Test func runningMeanIsTheMeanOfItsNeighbours() {
        let mean = series([0, 3, 0, 3, 0, 9]).averaged(over: 3).map(\.value)
        #expect(mean == [0, 1, 2, 1, 4, 9])
    }

    @Test func eachCurveIsThereWhenItsNumbersAre() {
        let both = card(accuracy: [0.1, 0.2], reward: (0..<40).map { Double($0 % 7) })
        #expect(both.contains("accuracy: eval_accuracy") && both.contains("reward, mean of 5 logged steps"))
        let reward = card(accuracy: [], reward: [0.25, 0.5])
        #expect(!reward.contains(">accuracy") && reward.contains(">reward<") && reward.contains("the reward is 0.500"))
        let none = card(accuracy: [], reward: [])
        #expect(none.contains("class=\"awaited\"") && none.contains("metrics.source") && !none.contains("<svg"))
    }

    /// A run of a hundred thousand logged steps is as heavy as one of a thousand.
    @Test func picturesOfLongRunsStaySmall() {
        let long = card(
            accuracy: (0..<100_000).map { Double($0) / 1e5 }, reward: (0..<100_000).map { Double($0 % 100) })
        #expect(long.utf8.count < 64 << 10)
        #expect(!long.contains("nan") && !long.contains("inf\""))
    }

    @Test func longNamesAreCutAtTheirBeginning() {
        let name = "val-core/a-very-long-name-of-a-data-set/acc/mean@32"
        let title = series([1], source: "/logs/run.jsonl: \(name)").title(or: "accuracy")
        #expect(title.hasPrefix("accuracy: …") && title.hasSuffix("acc/mean@32") && title.count < 45)
        #expect(series([1], source: "api").title(or: "accuracy") == "accuracy")
    }
}

/// What a person is told to do.
@Suite struct AdviceTests {
    private func status(
        _ state: RunStatus.State = .watching, recorded: Int = 7, pending: Int = 0, ready: Bool = false,
        score: Double?? = .none, own: Double? = nil, error: String? = nil
    ) -> RunStatus {
        let forecast = RunStatus.ForecastSummary(
            model: "damped", targetStep: TrainingStep(264), horizon: 1.57, confidence: 0.53, threshold: 0.5,
            provenHorizon: 2, skill: 0.67, realised: 0.83, ready: ready, reason: "because")
        let predictions = score.map { score in
            [
                PredictionSummary(
                    id: 3, step: TrainingStep(264), fromStep: TrainingStep(168), format: .full, path: "/p",
                    confidence: 0.53, emittedAt: .now, accuracy: score)
            ]
        }
        return RunStatus(
            run: "r", state: state, version: "1", startedAt: .now, base: .init(path: "/b", fingerprint: nil),
            checkpoints: .init(
                recorded: recorded, pending: pending, rejected: 0, firstStep: nil,
                lastStep: recorded > 0 ? TrainingStep(168) : nil),
            trajectory: .init(modules: 1, energyShare: nil, directionCosine: nil, linearityR2: nil),
            accuracy: own.map { .init(known: 1, step: TrainingStep(168), value: $0, source: "api") } ?? .none,
            forecast: forecast, predictions: predictions ?? [], lastError: error)
    }

    @Test func everySituationHasItsOwn() {
        let said = [
            status(.starting, recorded: 0), status(recorded: 0), status(recorded: 0, pending: 1), status(),
            status(ready: true), status(score: .some(nil)), status(score: 0.7, own: 0.6), status(score: 0.6, own: 0.7),
            status(score: 0.7), status(error: "the disk is full"),
        ].map { Advice($0).text }
        #expect(Set(said).count == said.count, "\(said)")
        #expect(said[1].contains("alpharl doctor") && said[2].contains("finished writing"))
        #expect(said[5].contains("evaluate prediction #3") && said[6].contains("keep the prediction"))
        #expect(said[7].hasSuffix("let the trainer go on") && said[9].contains("the problem above"))
    }

    @Test func listOfEveryKnownNameIsLeftToTheDoctor() {
        var forecast = status().forecast
        forecast.reason =
            "no checkpoints in /x yet (expected one of: checkpoint-N (TRL), step_N (prime-rl)); set run.pattern"
        #expect(
            forecast.shortReason
                == "no checkpoints in /x yet (alpharl doctor lists the names that are known); set run.pattern")
        forecast.reason = "confidence 0.39 (so far)"
        #expect(forecast.shortReason == forecast.reason)
    }
}
