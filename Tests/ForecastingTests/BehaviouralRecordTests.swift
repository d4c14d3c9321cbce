import Testing
import Vocabulary

@testable import Forecasting

@Suite struct BehaviouralRecordTests {
    private static func measured(
        _ number: Int, _ accuracy: Double, from start: Double, by model: ModelName = "tangent"
    ) -> MeasuredPrediction {
        MeasuredPrediction(
            number: number, model: model, fromStep: 120, targetStep: 240, accuracy: accuracy, startAccuracy: start)
    }

    /// Tests from two origins with a skill of 0.9, with which the model would be trusted up to 2.5x.
    private static func judge(_ measured: [MeasuredPrediction], recorded: Int = 8) -> ModelJudgement {
        let pairs = [(72, 144), (96, 168), (96, 192)].map { origin, target in
            BacktestPair(
                model: "tangent", rank: 1, origin: TrainingStep(origin), target: TrainingStep(target),
                sums: BacktestSums(actualSquared: 1, actualPredicted: 1, predictedSquared: 1, errorSquared: 0.01))
        }
        let steps = (1...8).map { TrainingStep($0 * 24) }.suffix(recorded)
        return ConfidenceRule.judge(model: "tangent", pairs: pairs, recorded: Array(steps), measured: measured)
    }

    @Test func withoutMeasurementsTheBacktestsDecide() {
        #expect(abs(Self.judge([]).confidence(at: 2) - 0.9) < 1e-12)
    }

    @Test func aPredictionWorseThanItsStartTakesTheConfidenceAway() {
        let judgement = Self.judge([Self.measured(3, 0.41, from: 0.52)])
        #expect(judgement.ratios.allSatisfy { $0.confidence == 0 })
        #expect(judgement.provenHorizon == nil)
        for ratio in [1.1, 2, 10] { #expect(judgement.confidence(at: ratio) == 0, "\(ratio)") }
        let reason = Readiness.upTo(horizon: 2, judgement: judgement, history: []).reason
        #expect(reason.hasPrefix("prediction 3 (step 240 from step 120) by tangent scored 0.41, less than the 0.52 "))
        #expect(Readiness.exactly(ratio: 7, judgement: judgement, history: []).reason == reason)
    }

    @Test func aSmallDropIsADropAndNoneIsNot() {
        #expect(Self.judge([Self.measured(1, 0.5 - 1e-9, from: 0.5)]).confidence(at: 2) == 0)
        #expect(Self.judge([Self.measured(1, 0.5, from: 0.5)]).confidence(at: 2) > 0.8)
        #expect(Self.judge([Self.measured(1, 0.6, from: 0.5)]).confidence(at: 2) > 0.8)
    }

    @Test func theNewestMeasuredPredictionDecides() {
        let worse = Self.measured(1, 0.4, from: 0.5)
        let better = Self.measured(2, 0.6, from: 0.5)
        #expect(Self.judge([worse, better]).confidence(at: 2) > 0.8)
        #expect(Self.judge([better, worse]).confidence(at: 2) > 0.8)
        #expect(Self.judge([better, Self.measured(5, 0.4, from: 0.5), worse]).confidence(at: 2) == 0)
    }

    @Test func anotherModelsFailureIsItsOwn() {
        #expect(Self.judge([Self.measured(1, 0.1, from: 0.5, by: "line")]).confidence(at: 2) > 0.8)
    }

    @Test func withTooFewCheckpointsThatIsTheReason() {
        let judgement = Self.judge([Self.measured(1, 0.1, from: 0.5)], recorded: 3)
        #expect(judgement.evidence(at: 2).gap == .tooFewCheckpoints(got: 3, needed: 6))
    }

    @Test func autoPassesOverAModelThatDisappointed() {
        let trusted = Self.judge([])
        let baseline = ConfidenceRule.judge(model: "last", pairs: [], recorded: [])
        #expect(ForecastChoice.best(of: [baseline, trusted], at: 2) == 1)
        #expect(ForecastChoice.best(of: [baseline, Self.judge([Self.measured(1, 0.1, from: 0.5)])], at: 2) == 0)
    }
}
