import Vocabulary

/// The breakdown of one confidence: every number with its name and what it means, for the status and the manifest.
public enum ConfidenceParts {
    public typealias Part = PredictionProvenance.ConfidencePart

    /// - Parameter ratio: target step over the last recorded step, above 1.
    public static func explain(_ judgement: ModelJudgement, at ratio: Double) -> [Part] {
        let evidence = judgement.evidence(at: ratio)
        let shrinkage = Shrinkage(at: ratio, judgement: judgement)
        let tested: [Part?] = [
            evidence.skill.map {
                Part(
                    name: "skill", value: $0,
                    meaning: "mean skill of the tests: 1 perfect, 0 no better than keeping the checkpoint")
            },
            evidence.deviation.map {
                Part(name: "skill_deviation", value: $0, meaning: "standard deviation of the tests' skills")
            },
            evidence.realised.map {
                Part(
                    name: "realised", value: $0,
                    meaning: "fraction of the predicted movement that happened, 1: exactly as far as predicted")
            },
            evidence.latest.map {
                Part(
                    name: "latest_realised", value: $0.realised,
                    meaning: "the same fraction since the origin before; confidence is at most twice this")
            },
            judgement.largestTestedRatio.map {
                Part(name: "largest_tested_ratio", value: $0, meaning: "longest reach of any current test")
            },
            judgement.provenHorizon.map {
                Part(name: "proven_horizon", value: $0, meaning: "longest reach whose confidence is at the threshold")
            },
        ]
        return [confidence(evidence)] + counts(evidence) + tested.compactMap { $0 } + [
            Part(name: "threshold", value: judgement.settings.threshold, meaning: "confidence that emission asks for"),
            Part(
                name: "shrinkage", value: shrinkage.factor,
                meaning: "share of the predicted movement that is applied; below 1 beyond the proven horizon"),
        ]
    }

    private static func confidence(_ evidence: RatioEvidence) -> Part {
        let how =
            evidence.gap.map { "0, as \($0)" }
            ?? "skill minus its deviation, at most twice latest_realised, bounded to 0...1"
        return Part(name: "confidence", value: evidence.confidence, meaning: how)
    }

    private static func counts(_ evidence: RatioEvidence) -> [Part] {
        [
            Part(name: "ratio", value: evidence.ratio, meaning: "reach that the tests below speak for"),
            Part(
                name: "tests", value: Double(evidence.pairs.count), meaning: "past forecasts held against what happened"
            ),
            Part(
                name: "origins", value: Double(evidence.origins.count),
                meaning: "different checkpoints that those forecasts were made at"),
        ]
    }
}
