import Testing
import Vocabulary

@testable import Forecasting

@Suite struct ForecastDecisionTests {
    /// The records of `last` and `tangent` after a run.
    private static func records(_ run: PlantedRun) throws -> [ForecastDecision.Record] {
        try [Rehearsal(run, model: LastModel(), fewest: 1), Rehearsal(run)].map { rehearsal in
            ForecastDecision.Record(
                judgement: try #require(rehearsal.judgements.last),
                history: rehearsal.judgements.dropLast().map(\.confidences))
        }
    }

    @Test func aStraightRunIsForecastByTangentAtTheWholeHorizon() throws {
        let records = try Self.records(PlantedRun.moving(steps: everyTen(12)) { 0.01 * $0 })
        let decision = try #require(ForecastDecision.make(.upTo(2), among: records))
        #expect(decision.judgement.model == "tangent")
        #expect(decision.ratio == 2 && decision.readiness.ratio == 2)
        #expect(decision.confidence > 0.99 && decision.shrinkage.factor == 1)
    }

    /// At the seventh checkpoint 2x has been proven once and 1.5x twice.
    @Test func aShorterReachIsTakenWhereTheLongerIsNotReady() throws {
        let records = try Self.records(PlantedRun.moving(steps: everyTen(7)) { 0.01 * $0 })
        let decision = try #require(ForecastDecision.make(.upTo(2), among: records))
        #expect(decision.judgement.model == "tangent")
        #expect(decision.ratio == 1.5)
        #expect(decision.readiness.reason.hasPrefix("2 checkpoints in a row at or above 0.50 at 1.5x"))
    }

    @Test func aFixedTargetBeyondTheEvidenceIsNotReadyAndIsTheLastCheckpoint() throws {
        let records = try Self.records(PlantedRun.moving(steps: everyTen(12)) { 0.01 * $0 })
        let decision = try #require(ForecastDecision.make(.exactly(20), among: records))
        #expect(decision.readiness.ratio == nil && decision.confidence == 0)
        #expect(decision.judgement.model == "last" && decision.shrinkage.factor == 0)
        #expect(
            decision.readiness.reason == "forecasts of this run have been tested up to 4x so far, not as far as 20x")
    }

    @Test func onARandomWalkNothingIsReadyAndTheReasonIsAboutTheContender() throws {
        let records = try Self.records(PlantedRun.randomWalk(steps: everyTen(14), seed: 2))
        let decision = try #require(ForecastDecision.make(.upTo(2), among: records))
        #expect(decision.judgement.model == "last" && decision.readiness.ratio == nil)
        #expect(decision.contender.model == "tangent")
        #expect(decision.readiness.reason.hasPrefix("confidence 0.00 at 2x is below 0.50: "))
        #expect(ForecastDecision.make(.upTo(2), among: []) == nil)
    }

    /// Asked for by name, a model is judged alone, well or badly.
    @Test func aModelAskedForByNameIsNeverReplaced() throws {
        let records = try Self.records(PlantedRun.randomWalk(steps: everyTen(14), seed: 2))
        let decision = try #require(ForecastDecision.make(.upTo(2), among: [records[1]]))
        #expect(decision.judgement.model == "tangent" && decision.readiness.ratio == nil)
    }

    /// One model is the best at 2x but has just become so; another is the best at 1.5x and has long been.
    @Test func theBestModelOfTheReadyReachIsTaken() throws {
        let recorded = (1...8).map { TrainingStep($0 * 24) }
        func record(_ model: ModelName, near: Double, far: Double) -> ForecastDecision.Record {
            func pair(_ origin: TrainingStep, _ target: TrainingStep, _ skill: Double) -> BacktestPair {
                let sums = BacktestSums(
                    actualSquared: 1, actualPredicted: 1, predictedSquared: 1, errorSquared: (1 - skill) * (1 - skill))
                return BacktestPair(model: model, rank: 1, origin: origin, target: target, sums: sums)
            }
            let judgement = ConfidenceRule.judge(
                model: model,
                pairs: [
                    pair(96, 144, near), pair(120, 168, near), pair(120, 192, near), pair(72, 144, far),
                    pair(72, 168, far), pair(96, 192, far),
                ], recorded: recorded)
            let before = judgement.confidences.map {
                RatioConfidence(ratio: $0.ratio, confidence: $0.ratio < 2 ? $0.confidence : 0)
            }
            return ForecastDecision.Record(judgement: judgement, history: [before])
        }
        let records = [record("near", near: 0.9, far: 0.6), record("far", near: 0.7, far: 0.8)]
        let decision = try #require(ForecastDecision.make(.upTo(2), among: records))
        #expect(decision.judgement.model == "near" && decision.ratio == 1.5)
        #expect(
            decision.readiness.reason
                == "2 checkpoints in a row at or above 0.50 at 1.5x; confidence 0.60 at 2x is at or above 0.50 "
                + "for 1 of the 2 checkpoints in a row that are asked for")
    }
}
