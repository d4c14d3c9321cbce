import Vocabulary

/// What is forecast after a checkpoint: by which model, how far, and whether it may be emitted.
public struct ForecastDecision: Hashable, Sendable {
    /// How far somebody wants to look.
    public enum Reach: Hashable, Sendable {
        /// `forecast.horizon`: the longest proven ratio up to this one, above 1.
        case upTo(Double)
        /// A fixed target step over the last recorded step, above 1.
        case exactly(Double)

        var ratio: Double {
            switch self {
            case .upTo(let ratio), .exactly(let ratio): ratio
            }
        }
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

    /// Of the chosen model.
    public let judgement: ModelJudgement
    /// Target step over last step: what may be emitted, or what is wanted where nothing may.
    public let ratio: Double
    public let readiness: Readiness

    public var confidence: Double { judgement.confidence(at: ratio) }
    public var shrinkage: Shrinkage { Shrinkage(at: ratio, judgement: judgement) }

    /// At each reach, longest first, the best model decides; the first one that is ready is taken. Where none is, the
    /// best model for the wanted reach is named, and the reason is about the one that could become ready.
    ///
    /// - Parameter records: `auto`: those of the anchored models, simplest first; a model asked for by name: its own.
    /// - Returns: nil only where `records` is empty.
    public static func make(_ reach: Reach, among records: [Record]) -> ForecastDecision? {
        let judgements = records.map(\.judgement)
        guard let best = ForecastChoice.best(of: judgements, at: reach.ratio) else { return nil }
        for ratio in candidates(reach) {
            guard let position = ForecastChoice.best(of: judgements, at: ratio) else { continue }
            let readiness = readiness(reach, limit: ratio, of: records[position])
            guard let ready = readiness.ratio else { continue }
            return ForecastDecision(judgement: judgements[position], ratio: ready, readiness: readiness)
        }
        let spoken =
            judgements.indices.first { $0 == best && judgements[$0].model != LastModel().name }
            ?? judgements.indices.first { judgements[$0].model != LastModel().name } ?? best
        let readiness = readiness(reach, limit: reach.ratio, of: records[spoken])
        return ForecastDecision(judgement: judgements[best], ratio: reach.ratio, readiness: readiness)
    }

    private static func candidates(_ reach: Reach) -> [Double] {
        switch reach {
        case .upTo(let horizon): ConfidenceSettings.ratiosOfInterest.filter { $0 <= horizon }.reversed()
        case .exactly(let ratio): [ratio]
        }
    }

    private static func readiness(_ reach: Reach, limit: Double, of record: Record) -> Readiness {
        switch reach {
        case .upTo: Readiness.upTo(horizon: limit, judgement: record.judgement, history: record.history)
        case .exactly: Readiness.exactly(ratio: limit, judgement: record.judgement, history: record.history)
        }
    }
}
