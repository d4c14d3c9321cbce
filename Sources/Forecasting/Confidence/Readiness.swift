import Vocabulary

/// Whether a forecast may be emitted, at which reach, and why: the sentence that the status shows.
public struct Readiness: Hashable, Sendable {
    /// The reach that may be emitted; nil where nothing may.
    public let ratio: Double?
    /// How many checkpoints in a row, the newest included, the confidence at the wanted reach has been at or above the
    /// threshold.
    public let streak: Int
    public let reason: String

    /// Without a fixed target: the largest ratio of interest up to `horizon` that has been proven long enough.
    ///
    /// - Parameters:
    ///   - judgement: after the newest checkpoint.
    ///   - history: the same model's confidences after each checkpoint before it, oldest first.
    ///   - horizon: `forecast.horizon`, above 1.
    public static func upTo(
        horizon: Double, judgement: ModelJudgement, history: [[RatioConfidence]]
    ) -> Readiness {
        let allowed = ConfidenceSettings.ratiosOfInterest.filter { $0 <= horizon }
        guard let wanted = allowed.last else {
            let smallest = Words.ratio(ConfidenceSettings.ratiosOfInterest[0])
            return Readiness(
                ratio: nil, streak: 0,
                reason: "horizon \(Words.ratio(horizon)) is shorter than \(smallest), the shortest that can be tested")
        }
        let ready = allowed.last { streak(at: $0, judgement, history) >= judgement.settings.consecutive }
        return sentence(wanted: wanted, ready: ready, judgement, history)
    }

    /// With a fixed target: whether the reach that it needs now has been proven long enough.
    ///
    /// - Parameter ratio: target step over the last recorded step, above 1.
    public static func exactly(ratio: Double, judgement: ModelJudgement, history: [[RatioConfidence]]) -> Readiness {
        let evidence = judgement.evidence(at: ratio)
        if let gap = evidence.gap { return Readiness(ratio: nil, streak: 0, reason: gap.description) }
        let long = streak(at: evidence.ratio, judgement, history) >= judgement.settings.consecutive
        let found = sentence(wanted: evidence.ratio, ready: long ? evidence.ratio : nil, judgement, history)
        return Readiness(ratio: long ? ratio : nil, streak: found.streak, reason: found.reason)
    }

    /// How many judgements in a row, the newest included, are at or above the threshold at a ratio of interest.
    public static func streak(
        at ratio: Double, _ judgement: ModelJudgement, _ history: [[RatioConfidence]]
    ) -> Int {
        let newest = judgement.evidence(near: ratio)
        guard newest.gap == nil, newest.confidence >= judgement.settings.threshold else { return 0 }
        let before = history.reversed().prefix { row in
            row.contains { $0.ratio == newest.ratio && $0.confidence >= judgement.settings.threshold }
        }
        return 1 + before.count
    }

    private static func sentence(
        wanted: Double, ready: Double?, _ judgement: ModelJudgement, _ history: [[RatioConfidence]]
    ) -> Readiness {
        let threshold = Words.decimals(judgement.settings.threshold)
        if let ready {
            let run = streak(at: ready, judgement, history)
            let proven = "\(Words.count(run, "checkpoint")) in a row at or above \(threshold) at \(Words.ratio(ready))"
            guard ready < wanted else { return Readiness(ratio: ready, streak: run, reason: proven) }
            return Readiness(
                ratio: ready, streak: run, reason: "\(proven); \(shortfall(at: wanted, judgement, history))")
        }
        return Readiness(
            ratio: nil, streak: streak(at: wanted, judgement, history),
            reason: shortfall(at: wanted, judgement, history))
    }

    /// Why this ratio is not ready.
    private static func shortfall(
        at ratio: Double, _ judgement: ModelJudgement, _ history: [[RatioConfidence]]
    ) -> String {
        let evidence = judgement.evidence(near: ratio)
        if let gap = evidence.gap { return gap.description }
        let threshold = Words.decimals(judgement.settings.threshold)
        let value = "confidence \(Words.decimals(evidence.confidence)) at \(Words.ratio(evidence.ratio))"
        let run = streak(at: ratio, judgement, history)
        guard run == 0 else {
            let needed = Words.count(judgement.settings.consecutive, "checkpoint")
            return "\(value) is at or above \(threshold) for \(run) of the \(needed) in a row that are asked for"
        }
        return "\(value) is below \(threshold): \(cause(of: evidence))"
    }

    /// "forecasts from steps 96 and 120 captured 55% and 20% of the movement".
    private static func cause(of evidence: RatioEvidence) -> String {
        if evidence.isLimitedByLatestMove, let latest = evidence.latest {
            let share = latest.realised > 0 ? "only \(Words.captured(latest.realised))" : "none"
            return "since step \(latest.origin) \(share) of the predicted movement happened"
        }
        let shares = evidence.origins.map { origin -> String in
            let skills = evidence.pairs.filter { $0.origin == origin }.compactMap(\.skill)
            return Words.captured(skills.reduce(0, +) / Double(max(1, skills.count)))
        }
        let steps = Words.list(evidence.origins.map(\.description))
        let captured = Set(shares) == ["none"] ? "none" : Words.list(shares)
        return "forecasts from steps \(steps) captured \(captured) of the movement"
    }
}
