import Testing
import Vocabulary

@testable import Forecasting

/// Against the rule as Python states it, after every checkpoint of a real run.
@Suite struct ReferenceConfidenceTests {
    @Test(arguments: [false, true]) func confidenceAgreesAfterEveryCheckpoint(thinned: Bool) throws {
        let reference = try RunReference.load()
        let records = [
            (reference.pairsRank1, reference.confidenceRank1), (reference.pairsRank4, reference.confidenceRank4),
        ]
        for (pairs, confidence) in records {
            let judgements = Self.judgements(reference.steps, pairs, thinned: thinned)
            let expected = thinned ? confidence.thinned : confidence.allOrigins
            #expect(judgements.count == expected.count)
            for (judgement, rows) in zip(judgements, expected) {
                for (found, row) in zip(judgement.ratios, rows) {
                    let label = "step \(judgement.lastStep?.value ?? 0) at \(row.ratio)"
                    #expect(abs(found.confidence - row.confidence) < 1e-7, "\(label)")
                    #expect(found.origins.map(\.value) == row.origins, "\(label)")
                    #expect(abs((found.skill ?? -9) - (row.skill ?? -9)) < 1e-7, "\(label)")
                    #expect(abs((found.realised ?? -9) - (row.realised ?? -9)) < 1e-7, "\(label)")
                }
            }
        }
    }

    /// The gate of the daemon, in one loop: where it would have emitted on this run.
    @Test func firstEmissionsAgree() throws {
        let reference = try RunReference.load()
        let judgements = Self.judgements(reference.steps, reference.pairsRank1, thinned: true)
        var emissions: [[Double]] = []
        for n in judgements.indices {
            let history = judgements.prefix(n).map(\.confidences)
            let ready = Readiness.upTo(horizon: 2, judgement: judgements[n], history: history)
            guard let ratio = ready.ratio else { continue }
            let target = ratio * Double(reference.steps[n])
            if target >= 1.25 * (emissions.last?[2] ?? 0) {
                emissions.append([Double(reference.steps[n]), ratio, target])
            }
        }
        #expect(emissions == reference.confidenceRank1.emissionsThinned)
        #expect(emissions.first == [168, 1.5, 252])
    }

    /// Judgements after each checkpoint; from the third on each is registered as an origin. What was tested stays in
    /// the record when its origin is dropped.
    private static func judgements(
        _ steps: [Int], _ pairs: [RunReference.Pair], thinned: Bool
    ) -> [ModelJudgement] {
        let all = pairs.map(\.pair)
        var registered: [TrainingStep] = []
        var record: [BacktestPair] = []
        return steps.indices.map { n in
            let recorded = steps.prefix(n + 1).map { TrainingStep($0) }
            record += all.filter { $0.target == recorded[n] && registered.contains($0.origin) }
            defer {
                if n >= 2 {
                    registered =
                        thinned
                        ? Origins.thin(registered: registered, adding: recorded[n]).keep : registered + [recorded[n]]
                }
            }
            return ConfidenceRule.judge(model: "tangent", pairs: record, recorded: recorded)
        }
    }
}
