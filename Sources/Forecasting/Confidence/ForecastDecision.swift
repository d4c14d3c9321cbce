import Vocabulary

/// What is forecast after a checkpoint: by which model, how far, and whether it may be emitted.
public struct ForecastDecision: Hashable, Sendable {
    /// How far somebody wants to look.
    public enum Reach: Hashable, Sendable {
        /// `forecast.horizon`: the longest proven ratio up to this one, above 1.
        case upTo(Double)
        /// A fixed target step over the last recorded step, above 1.
        case exactly(Double)
    }

    /// One model's record: the newest judgement and its confidences after each checkpoint before, oldest first.
    public struct Record: Hashable, Sendable {
        public let judgement: ModelJudgement
        public let history: [[RatioConfidence]]

        public init(judgement: ModelJudgement, history: [[RatioConfidence]]) {
            self.judgement = judgement
            self.history = history
        }
    }

    /// Of the model that makes the forecast.
    public let judgement: ModelJudgement
    /// Of the model that `readiness` is about: the same one, or where persistence makes the forecast the one that could
    /// take its place. Its skill and realised fraction are what a status shows.
    public let contender: ModelJudgement
    /// Target step over last step: what may be emitted, or what is wanted where nothing may.
    public let ratio: Double
    public let readiness: Readiness

    /// In the forecast at `ratio`, 0...1.
    public var confidence: Double { judgement.confidence(at: ratio) }
    public var shrinkage: Shrinkage { Shrinkage(at: ratio, judgement: judgement) }

    /// At each reach, longest first, the best model decides; the first one that is ready is taken. Where none is, the
    /// best model for the wanted reach makes the forecast.
    ///
    /// - Parameter records: `auto`: those of the anchored models, simplest first; a model asked for by name: its own.
    /// - Returns: nil only where `records` is empty.
    public static func make(_ reach: Reach, among records: [Record]) -> ForecastDecision? {
        switch reach {
        case .exactly(let ratio):
            return waiting(at: ratio, records) {
                Readiness.exactly(ratio: ratio, judgement: $0.judgement, history: $0.history)
            }
        case .upTo(let horizon):
            return ready(upTo: horizon, records)
                ?? waiting(at: horizon, records) {
                    Readiness.upTo(horizon: horizon, judgement: $0.judgement, history: $0.history)
                }
        }
    }

    private static func ready(upTo horizon: Double, _ records: [Record]) -> ForecastDecision? {
        let allowed = ConfidenceSettings.ratiosOfInterest.filter { $0 <= horizon }
        for ratio in allowed.reversed() {
            guard let best = ForecastChoice.best(of: records.map(\.judgement), at: ratio) else { return nil }
            let record = records[best]
            let streak = Readiness.streak(at: ratio, record.judgement, record.history)
            guard streak >= record.judgement.settings.consecutive else { continue }
            let readiness = Readiness.sentence(
                wanted: allowed.last ?? ratio, ready: ratio, record.judgement, record.history)
            return ForecastDecision(
                judgement: record.judgement, contender: record.judgement, ratio: ratio, readiness: readiness)
        }
        return nil
    }

    private static func waiting(
        at ratio: Double, _ records: [Record], readiness: (Record) -> Readiness
    ) -> ForecastDecision? {
        guard let best = ForecastChoice.best(of: records.map(\.judgement), at: ratio) else { return nil }
        let persists = records[best].judgement.model == LastModel().name
        let other = persists ? records.first { $0.judgement.model != LastModel().name } : nil
        let contender = other ?? records[best]
        return ForecastDecision(
            judgement: records[best].judgement, contender: contender.judgement, ratio: ratio,
            readiness: readiness(contender))
    }
}
