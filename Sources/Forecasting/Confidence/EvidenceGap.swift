/// Why nothing is known about a ratio. As a clause: "…, so the confidence is 0".
public enum EvidenceGap: Hashable, Sendable, CustomStringConvertible {
    case tooFewCheckpoints(got: Int, needed: Int)
    case modulesNotFinite(count: Int)
    /// `tested` is the largest ratio of any test, nil where there is none.
    case notReached(ratio: Double, tested: Double?)
    case tooFewOrigins(ratio: Double, got: Int, needed: Int)
    /// The run wanders more than it drifts.
    case wandering(Drift)
    /// The trainer's log has a loss and no reward.
    case supervised
    /// The model's newest measured prediction was worse than the checkpoint that it started from.
    case disappointed(MeasuredPrediction)

    public var description: String {
        switch self {
        case .tooFewCheckpoints(let got, let needed):
            "\(got) of the \(needed) checkpoints that a judgement needs are recorded"
        case .modulesNotFinite(let count):
            "\(count) \(count == 1 ? "module is" : "modules are") not finite; check the run for divergence"
        case .notReached(let ratio, nil):
            "no forecast of this run could be tested yet, and \(Words.ratio(ratio)) is asked for"
        case .notReached(let ratio, .some(let tested)):
            "forecasts of this run have been tested up to \(Words.ratio(tested)) so far, not as far as \(Words.ratio(ratio))"
        case .wandering(let drift):
            "the run wanders more than it drifts: its update grows like t^\(Words.decimals(drift.exponent)) and its halves "
                + "agree to \(Words.decimals(drift.halvesCosine)) (\(Words.decimals(Drift.leastExponent)) and "
                + "\(Words.decimals(Drift.leastCosine)) are asked for)"
        case .supervised:
            "the trainer's log has a loss and no reward, so this is supervised training, whose behaviour does not follow "
                + "its weights' line; set metrics.source to another source, or to none, where that is wrong"
        case .disappointed(let prediction):
            "prediction \(prediction.number) (step \(prediction.targetStep) from step \(prediction.fromStep)) by "
                + "\(prediction.model) scored \(Words.measure(prediction.accuracy)), less than the "
                + "\(Words.measure(prediction.startAccuracy)) of the checkpoint it started from; one that does better "
                + "(ask for it with \"force\") brings the confidence back"
        case .tooFewOrigins(let ratio, let got, let needed):
            "forecasts of about \(Words.ratio(ratio)) have been tested from \(Words.count(got, "checkpoint")) so far, "
                + "\(needed) are needed"
        }
    }
}
