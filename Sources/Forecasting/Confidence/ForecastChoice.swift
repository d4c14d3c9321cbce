import Vocabulary

/// `model = "auto"`: which anchored model makes the forecast.
public enum ForecastChoice {
    /// The model with the best record for the wanted reach; ties go to the simpler, which comes first.
    ///
    /// The record is mean minus standard deviation of the skills, less where the run has just bent. Persistence has a skill of 0 by definition, so a model
    /// that was no better, or whose record is not known, leaves `last`.
    ///
    /// - Parameter judgements: of anchored models, simplest first, as in `ModelRegistry.anchored`.
    /// - Returns: the position in `judgements`; nil only where it is empty.
    public static func best(of judgements: [ModelJudgement], at ratio: Double) -> Int? {
        guard !judgements.isEmpty else { return nil }
        let baseline = judgements.firstIndex { $0.model == LastModel().name } ?? 0
        var best = (position: baseline, record: 0.0)
        for (position, judgement) in judgements.enumerated() {
            let record = judgement.evidence(at: ratio).record ?? 0
            if record > best.record { best = (position, record) }
        }
        return best.position
    }
}
