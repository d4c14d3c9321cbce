import Testing
import Vocabulary

@testable import Forecasting

/// The rule, the gate's streaks, shrinkage and sentences, on records written by hand.
@Suite struct JudgementTests {
    /// A test with this skill and realised fraction.
    private static func pair(_ origin: Int, _ target: Int, skill: Double, realised: Double = 1) -> BacktestPair {
        // With a = 1: e = 1 - skill, p = a p / realised and (a - p)^2 = e^2 need not agree for the rule's purposes.
        BacktestPair(
            model: "tangent", rank: 1, origin: TrainingStep(origin), target: TrainingStep(target),
            sums: BacktestSums(
                actualSquared: 1, actualPredicted: realised, predictedSquared: 1,
                errorSquared: (1 - skill) * (1 - skill)))
    }

    private static let recorded = (1...8).map { TrainingStep($0 * 24) }

    /// Newest targets 144, 168, 192; origins 72 and 96.
    private static func judge(_ skills: [Double], settings: ConfidenceSettings = .init(), realised: Double = 1)
        -> ModelJudgement
    {
        ConfidenceRule.judge(
            model: "tangent",
            pairs: [
                pair(72, 144, skill: skills[0], realised: realised),
                pair(96, 168, skill: skills[1], realised: realised),
                pair(96, 192, skill: skills[2], realised: realised),
            ], recorded: recorded, settings: settings)
    }

    @Test func confidenceIsMeanMinusDeviation() {
        let judgement = Self.judge([0.4, 0.6, 0.8])
        #expect(abs(judgement.confidence(at: 2) - 0.4) < 1e-12)
        #expect(abs((judgement.evidence(at: 2).skill ?? 0) - 0.6) < 1e-12)
        #expect(abs((judgement.evidence(at: 2).deviation ?? 0) - 0.2) < 1e-12)
        #expect(Self.judge([-0.5, -0.4, -0.6]).confidence(at: 2) == 0)
        #expect(Self.judge([1, 1, 1]).confidence(at: 2) == 1)
    }

    @Test func nothingIsKnownBeyondTheReachOfTheTests() {
        let judgement = Self.judge([0.9, 0.9, 0.9])
        #expect(judgement.largestTestedRatio == 2)
        #expect(judgement.confidence(at: 2.5) == 0.9 || abs(judgement.confidence(at: 2.5) - 0.9) < 1e-12)
        #expect(judgement.confidence(at: 2.51) == 0)
        #expect(judgement.evidence(at: 3).gap == .notReached(ratio: 3, tested: 2))
        #expect(judgement.provenHorizon == 2.5)
    }

    @Test func pairsBelow125AndOldTargetsDoNotCount() {
        let old = [Self.pair(72, 120, skill: 1), Self.pair(96, 120, skill: 1)]
        let near = [Self.pair(168, 192, skill: 1), Self.pair(144, 168, skill: 1), Self.pair(144, 144 + 24, skill: 1)]
        let judgement = ConfidenceRule.judge(model: "tangent", pairs: old + near, recorded: Self.recorded)
        #expect(judgement.largestTestedRatio == nil)
        #expect(judgement.ratios.allSatisfy { $0.confidence == 0 })
    }

    @Test func oneEarlyOriginProvesNothing() {
        let pairs = [144, 168, 192].map { Self.pair(48, $0, skill: 1) }
        let judgement = ConfidenceRule.judge(model: "tangent", pairs: pairs, recorded: Self.recorded)
        #expect(judgement.evidence(at: 4).gap == .tooFewOrigins(ratio: 4, got: 1, needed: 2))
        #expect(judgement.provenHorizon == nil)
        let joined = pairs + [Self.pair(72, 192, skill: -1)]
        let other = ConfidenceRule.judge(model: "tangent", pairs: joined, recorded: Self.recorded)
        #expect(other.confidence(at: 3) < 0.5, "the second origin's bad test counts as well")
    }

    @Test func recordsOfOtherModelsAreIgnored() {
        let judgement = ConfidenceRule.judge(
            model: "line", pairs: [Self.pair(72, 192, skill: 1), Self.pair(96, 192, skill: 1)], recorded: Self.recorded)
        #expect(judgement.largestTestedRatio == nil)
    }

    @Test func numbersThatAreNotFiniteTakeAllConfidence() {
        let good = [Self.pair(72, 144, skill: 0.9), Self.pair(96, 168, skill: 0.9), Self.pair(96, 192, skill: 0.9)]
        let broken = BacktestPair(
            model: "tangent", rank: 1, origin: 72, target: 192, sums: BacktestSums(actual: .nan, predicted: 1))
        let byPair = ConfidenceRule.judge(model: "tangent", pairs: good + [broken], recorded: Self.recorded)
        let byModule = ConfidenceRule.judge(model: "tangent", pairs: good, recorded: Self.recorded, nonFiniteModules: 2)
        #expect(byPair.ratios.allSatisfy { $0.confidence == 0 })
        #expect(byModule.ratios.allSatisfy { $0.gap == .modulesNotFinite(count: 2) })
    }

    @Test func readyNeedsConsecutiveCheckpoints() {
        let judgement = Self.judge([0.8, 0.8, 0.8])
        let once = Readiness.upTo(horizon: 2, judgement: judgement, history: [])
        #expect(once.ratio == nil && once.streak == 1)
        #expect(
            once.reason
                == "confidence 0.80 at 2x is at or above 0.50 for 1 of the 2 checkpoints in a row that are asked for")
        let twice = Readiness.upTo(horizon: 2, judgement: judgement, history: [judgement.confidences])
        #expect(twice.ratio == 2 && twice.streak == 2)
        #expect(twice.reason == "2 checkpoints in a row at or above 0.50 at 2x")
        let broken = Readiness.upTo(
            horizon: 2, judgement: judgement,
            history: [judgement.confidences, Self.judge([0, 0, 0]).confidences])
        #expect(broken.streak == 1)
    }

    @Test func aShorterReachThatIsProvenIsOffered() {
        let pairs = [
            Self.pair(96, 144, skill: 0.9), Self.pair(120, 168, skill: 0.9), Self.pair(120, 192, skill: 0.9),
            Self.pair(72, 144, skill: 0.1), Self.pair(72, 168, skill: 0.2), Self.pair(96, 192, skill: 0.1),
        ]
        let judgement = ConfidenceRule.judge(model: "tangent", pairs: pairs, recorded: Self.recorded)
        let ready = Readiness.upTo(horizon: 2, judgement: judgement, history: [judgement.confidences])
        #expect(ready.ratio == 1.5)
        #expect(
            ready.reason.hasPrefix("2 checkpoints in a row at or above 0.50 at 1.5x; confidence 0.0"), "\(ready.reason)"
        )
        #expect(
            ready.reason.hasSuffix(
                "is below 0.50: forecasts from steps 72 and 96 captured 15% and 10% of the movement"), "\(ready.reason)"
        )
    }

    @Test func aFixedTargetIsReadyWhenItsOwnReachIs() {
        let judgement = Self.judge([0.8, 0.8, 0.8])
        let history = [judgement.confidences]
        #expect(Readiness.exactly(ratio: 2.1, judgement: judgement, history: history).ratio == 2.1)
        let far = Readiness.exactly(ratio: 3.2, judgement: judgement, history: history)
        #expect(far.ratio == nil)
        #expect(far.reason == "forecasts of this run have been tested up to 2x so far, not as far as 3.2x")
    }

    @Test func aHorizonShorterThanAnyTestIsNeverReady() {
        let judgement = Self.judge([1, 1, 1])
        let ready = Readiness.upTo(horizon: 1.2, judgement: judgement, history: [judgement.confidences])
        #expect(ready.ratio == nil)
        #expect(ready.reason == "horizon 1.2x is shorter than 1.25x, the shortest that can be tested")
    }

    @Test func reasonsSayWhatIsMissing() {
        let few = ConfidenceRule.judge(model: "tangent", pairs: [], recorded: [24, 48, 72])
        #expect(
            Readiness.upTo(horizon: 2, judgement: few, history: []).reason
                == "3 of the 6 checkpoints that a judgement needs are recorded")
        let untested = ConfidenceRule.judge(model: "tangent", pairs: [], recorded: Self.recorded)
        #expect(
            Readiness.upTo(horizon: 2, judgement: untested, history: []).reason
                == "no forecast of this run could be tested yet, and 2x is asked for")
    }

    @Test func wholeStepsUpToTheProvenHorizonAndRealisedOnesBeyond() {
        let proven = Self.judge([0.8, 0.8, 0.8], realised: 0.6)
        #expect(proven.provenHorizon == 2.5)
        #expect(Shrinkage(at: 1.7, judgement: proven).factor == 1)
        #expect(Shrinkage(at: 2.5, judgement: proven).factor == 1)
        // Nothing is known of 4x: the movement to 2.5x, 1.5 of 3, and no more.
        #expect(abs(Shrinkage(at: 4, judgement: proven).factor - 0.5) < 1e-12)
    }

    @Test func evidenceBelowTheThresholdCountsInProportion() {
        let weak = Self.judge([0.25, 0.25, 0.25], realised: 0.6)
        #expect(weak.provenHorizon == nil)
        #expect(abs(Shrinkage(at: 2, judgement: weak).factor - 0.6 * 0.5) < 1e-12)
        let backwards = Self.judge([0.25, 0.25, 0.25], realised: -0.6)
        #expect(Shrinkage(at: 2, judgement: backwards).factor == 0)
    }

    @Test func withoutEvidenceTheForecastIsTheLastCheckpoint() {
        let untested = ConfidenceRule.judge(model: "tangent", pairs: [], recorded: Self.recorded)
        for ratio in [1.1, 2, 10] { #expect(Shrinkage(at: ratio, judgement: untested).factor == 0) }
    }

    @Test func everyPartOfTheConfidenceIsExplained() {
        for judgement in [
            Self.judge([0.4, 0.6, 0.8]), ConfidenceRule.judge(model: "tangent", pairs: [], recorded: []),
        ] {
            let parts = ConfidenceParts.explain(judgement, at: 2)
            #expect(parts.allSatisfy { !$0.name.isEmpty && !$0.meaning.isEmpty && $0.value.isFinite })
            #expect(parts.first?.name == "confidence")
            #expect(Set(parts.map(\.name)).count == parts.count)
        }
        let names = ConfidenceParts.explain(Self.judge([0.4, 0.6, 0.8]), at: 2).map(\.name)
        #expect(
            names == [
                "confidence", "ratio", "tests", "origins", "skill", "skill_deviation", "realised",
                "latest_realised",
                "largest_tested_ratio", "threshold", "shrinkage",
            ])
    }

    @Test func numbersReadAsAPersonWritesThem() {
        #expect(Words.ratio(2) == "2x" && Words.ratio(1.25) == "1.25x" && Words.ratio(1.5) == "1.5x")
        #expect(Words.ratio(1.6666) == "1.67x" && Words.ratio(10) == "10x")
        #expect(Words.decimals(0.005) == "0.01" && Words.decimals(-0.004) == "0.00" && Words.decimals(-1.25) == "-1.25")
        #expect(
            Words.captured(0.554) == "55%" && Words.captured(-0.2) == "none" && Words.captured(-.infinity) == "none")
        #expect(Words.list([]) == "" && Words.list(["a"]) == "a" && Words.list(["a", "b", "c"]) == "a, b and c")
    }

    @Test func theLatestMoveTakesConfidenceAwayAndNeverAdds() {
        func judge(latest: Double) -> ModelJudgement {
            let far = [Self.pair(72, 144, skill: 0.8), Self.pair(96, 168, skill: 0.8), Self.pair(96, 192, skill: 0.8)]
            return ConfidenceRule.judge(
                model: "tangent", pairs: far + [Self.pair(168, 192, skill: 0.1, realised: latest)],
                recorded: Self.recorded)
        }
        #expect(abs(judge(latest: 1).confidence(at: 2) - 0.8) < 1e-12)
        #expect(abs(judge(latest: 0.5).confidence(at: 2) - 0.8) < 1e-12)
        #expect(abs(judge(latest: 0.2).confidence(at: 2) - 0.4) < 1e-12)
        #expect(judge(latest: 0).confidence(at: 2) == 0 && judge(latest: -1).provenHorizon == nil)
        let turned = Readiness.upTo(horizon: 2, judgement: judge(latest: 0.2), history: [])
        #expect(
            turned.reason
                == "confidence 0.40 at 2x is below 0.50: since step 168 only 20% of the predicted movement happened")
        let back = Readiness.upTo(horizon: 2, judgement: judge(latest: -1), history: [])
        #expect(back.reason.hasSuffix("since step 168 none of the predicted movement happened"))
    }

    @Test func ranksOfOneModelHaveRecordsOfTheirOwn() {
        let pairs = [Self.pair(72, 192, skill: 1), Self.pair(96, 192, skill: 1)]
        let four = ConfidenceRule.judge(model: "tangent", rank: 4, pairs: pairs, recorded: Self.recorded)
        #expect(four.largestTestedRatio == nil)
    }
}
