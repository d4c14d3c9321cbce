import Emission
import Testing
import Vocabulary

struct EmissionPolicyTests {
    typealias Record = EmissionEvidence.Record
    typealias Emitted = EmissionEvidence.Emitted

    private func policy(
        target: Int? = nil, horizon: Double = 2, threshold: Double = 0.5, consecutive: Int = 2
    ) -> EmissionPolicy {
        EmissionPolicy(
            targetStep: target.map { TrainingStep($0) }, horizon: horizon, threshold: threshold,
            consecutive: consecutive)
    }

    private func evidence(
        steps: [Int] = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100], records: [Record] = [],
        target: [Double] = [], emitted: [Emitted] = [], end: Int? = nil
    ) -> EmissionEvidence {
        EmissionEvidence(
            recordedSteps: steps.map { TrainingStep($0) }, records: records, targetConfidences: target,
            emitted: emitted,
            runEnd: end.map { TrainingStep($0) })
    }

    private func emitted(_ target: Int, from: Int, _ confidence: Double = 0.6, forced: Bool = false) -> Emitted {
        Emitted(
            targetStep: TrainingStep(target), fromStep: TrainingStep(from), confidence: confidence, isForced: forced)
    }

    /// The step of an emission, nil for a wait.
    private func target(_ decision: EmissionDecision) -> Int? {
        if case .emit(let step, _, _) = decision { return step.value }
        return nil
    }

    private let good = [
        Record(ratio: 1.25, confidences: [0.6, 0.6]), Record(ratio: 1.5, confidences: [0.7, 0.6]),
        Record(ratio: 2, confidences: [0.6, 0.64]), Record(ratio: 3, confidences: [0.9, 0.9]),
    ]

    @Test func theFarthestProvenRatioWithinTheHorizonIsEmitted() {
        #expect(
            policy().decide(evidence(records: good))
                == .emit(
                    targetStep: TrainingStep(200), confidence: 0.64, reason: "2 checkpoints in a row at or above 0.50"))
        #expect(target(policy(horizon: 3).decide(evidence(records: good))) == 300)
        #expect(target(policy(horizon: 1.9).decide(evidence(records: good))) == 150)
    }

    @Test func oneGoodCheckpointIsNotEnough() {
        let once = [Record(ratio: 2, confidences: [0.4, 0.9])]
        #expect(
            policy().decide(evidence(records: once))
                == .wait(reason: "confidence 0.90 at ratio 2.00; 1 of 2 checkpoints in a row at or above 0.50"))
        #expect(target(policy(consecutive: 1).decide(evidence(records: once))) == 200)
        #expect(
            target(policy(consecutive: 3).decide(evidence(records: [Record(ratio: 2, confidences: [1, 1])]))) == nil)
    }

    @Test func aBendOneCheckpointAgoStopsAtOnce() {
        let bent = [Record(ratio: 2, confidences: [0.9, 0.9, 0.9, 0.1])]
        #expect(
            policy().decide(evidence(records: bent)).reason
                == "confidence 0.10 at ratio 2.00; 0 of 2 checkpoints in a row at or above 0.50")
    }

    @Test func aNearerProvenRatioIsTakenWhereTheFarOneIsNot() {
        let near = [Record(ratio: 1.25, confidences: [0.6, 0.6]), Record(ratio: 2, confidences: [0.4, 0.4])]
        #expect(target(policy().decide(evidence(records: near))) == 130)
    }

    @Test(
        arguments: [
            ([10, 20, 30], 1.5, 50), ([24, 48, 72], 1.25, 96), ([10, 20, 30, 33], 2, 70), ([100], 2, 200),
            ([3, 7, 11], 1.5, 16),
        ] as [([Int], Double, Int)])
    func theTargetIsRoundedToTheRunsInterval(steps: [Int], ratio: Double, expected: Int) {
        let records = [Record(ratio: ratio, confidences: [1, 1])]
        #expect(target(policy().decide(evidence(steps: steps, records: records))) == expected)
    }

    @Test func aTargetThatRoundsToTheLastStepIsNone() {
        // 1.1 x 100 in steps of 25 is 100: nothing to predict.
        let decision = policy().decide(
            evidence(steps: [25, 50, 75, 100], records: [Record(ratio: 1.1, confidences: [1, 1])]))
        #expect(decision == .wait(reason: "no step within 2.00 x step 100 is left to predict"))
    }

    @Test(arguments: [(159, 200), (160, 200), (161, nil), (200, nil), (250, nil)] as [(Int, Int?)])
    func theNextTargetIsAQuarterFarther(lastTarget: Int, expected: Int?) {
        let decision = policy().decide(evidence(records: good, emitted: [emitted(lastTarget, from: 80)]))
        #expect(target(decision) == expected)
    }

    @Test func whatSomebodyForcedDoesNotHoldBackWhatIsProven() {
        let far = [emitted(10_000, from: 90, forced: true)]
        #expect(target(policy().decide(evidence(records: good, emitted: far))) == 200)
        let same = [emitted(200, from: 100, forced: true)]
        #expect(
            policy().decide(evidence(records: good, emitted: same))
                == .wait(reason: "step 200 from step 100 is emitted already"))
    }

    @Test func nothingIsEmittedBeyondTheRunsEnd() {
        // 2.0 would be 200; the end is at ratio 1.6, whose nearest ratio of interest is 1.5.
        #expect(target(policy().decide(evidence(records: good, end: 160))) == 160)
        let unproven = good.map { $0.ratio == 1.5 ? Record(ratio: 1.5, confidences: [0, 0]) : $0 }
        #expect(target(policy().decide(evidence(records: unproven, end: 160))) == 130)
        #expect(target(policy().decide(evidence(records: good, end: 100))) == nil)
        #expect(target(policy().decide(evidence(records: good, end: 90))) == nil)
        // 1.2 is nearer to 1.25 than to 1; 1.05 is not.
        #expect(target(policy().decide(evidence(records: good, end: 120))) == 120)
        #expect(target(policy().decide(evidence(records: good, end: 105))) == nil)
    }

    @Test func withoutEvidenceNothingIsEmitted() {
        #expect(target(policy().decide(evidence())) == nil)
        #expect(target(policy().decide(evidence(records: [Record(ratio: 2, confidences: [])]))) == nil)
        #expect(
            policy(target: 200).decide(evidence())
                == .wait(reason: "no evidence at step 200; 0 of 2 checkpoints in a row at or above 0.50"))
    }

    @Test func confidenceThatIsNoNumberNeverPasses() {
        #expect(target(policy().decide(evidence(records: [Record(ratio: 2, confidences: [.nan, .nan])]))) == nil)
    }

    @Test func aFixedTargetIsEmittedOnce() {
        let policy = policy(target: 240)
        #expect(target(policy.decide(evidence(target: [0.5, 0.5]))) == 240)
        let once = [emitted(240, from: 90, 0.5)]
        #expect(
            policy.decide(evidence(target: [0.5, 0.59], emitted: once))
                == .wait(
                    reason:
                        "step 240 was emitted from step 90 with confidence 0.50; it is due again at 0.60 or from step 113"
                ))
    }

    @Test func aFixedTargetIsEmittedAgainWhenConfidenceOrSourceHasGrown() {
        let policy = policy(target: 240)
        #expect(target(policy.decide(evidence(target: [0.5, 0.6], emitted: [emitted(240, from: 90, 0.5)]))) == 240)
        #expect(target(policy.decide(evidence(target: [0.5, 0.5], emitted: [emitted(240, from: 80, 0.9)]))) == 240)
        #expect(target(policy.decide(evidence(target: [0.5, 0.5], emitted: [emitted(240, from: 81, 0.5)]))) == nil)
        // An emission for another target, or by force, says nothing about this one.
        #expect(target(policy.decide(evidence(target: [0.5, 0.5], emitted: [emitted(200, from: 95, 0.5)]))) == 240)
        #expect(
            target(policy.decide(evidence(target: [0.5, 0.5], emitted: [emitted(240, from: 95, 0.5, forced: true)])))
                == 240)
    }

    @Test func aFixedTargetThatIsReachedOrBeyondTheEndIsNotEmitted() {
        #expect(
            policy(target: 100).decide(evidence(target: [1, 1]))
                == .wait(reason: "the run is at step 100 and has reached target step 100"))
        #expect(
            policy(target: 300).decide(evidence(target: [1, 1], end: 250))
                == .wait(reason: "target step 300 lies beyond the run's end at step 250"))
    }

    @Test(
        arguments: [([10, 20, 30], 10), ([5], 5), ([0], 1), ([10, 20, 40], 10), ([2, 4, 8, 12, 16], 4)]
            as [([Int], Int)])
    func theIntervalIsTheCommonestDistanceAndTheSmallerAmongEquals(steps: [Int], expected: Int) {
        #expect(evidence(steps: steps).checkpointInterval == expected)
    }
}
