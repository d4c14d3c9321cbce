import Vocabulary

/// How much of the predicted movement is applied: `movement = slope * (T - t_n) * factor`.
///
/// Up to the proven horizon all of it, since whole steps are what the backtests tested. What lies beyond counts for the
/// realised fraction of it, fading with the confidence; where nothing is known it counts for nothing, so with no
/// proven horizon and no evidence the forecast is the last checkpoint.
public struct Shrinkage: Hashable, Sendable {
    /// 0...1.
    public let factor: Double
    /// The reach up to which whole steps are proven, 1 where none is.
    public let proven: Double
    /// What a step beyond it counts for, 0...1: realised fraction times evidence.
    public let beyond: Double

    /// - Parameter ratio: target step over the last recorded step, above 1.
    public init(at ratio: Double, judgement: ModelJudgement) {
        precondition(ratio > 1 && ratio.isFinite, "A forecast looks ahead; got the ratio \(ratio).")
        proven = min(ratio, judgement.provenHorizon ?? 1)
        let evidence = judgement.evidence(at: ratio)
        let threshold = judgement.settings.threshold
        let weight = threshold > 0 ? min(1, evidence.confidence / threshold) : 1
        beyond = min(1, max(0, evidence.realised ?? 0)) * weight
        factor = ((proven - 1) + (ratio - proven) * beyond) / (ratio - 1)
    }
}
