import Vocabulary

/// A ratio and the confidence in forecasts of that reach: what is kept of a judgement for the next ones.
public struct RatioConfidence: Hashable, Sendable, Codable {
    public let ratio: Double
    /// 0...1.
    public let confidence: Double

    public init(ratio: Double, confidence: Double) {
        self.ratio = ratio
        self.confidence = confidence
    }
}

/// How far one model may be trusted after the newest checkpoint.
public struct ModelJudgement: Hashable, Sendable {
    public let model: ModelName
    /// Components of the model's slope at most.
    public let rank: Int
    public let lastStep: TrainingStep?
    /// One for each ratio of interest, rising.
    public let ratios: [RatioEvidence]
    /// The largest ratio that any test had, nil without tests.
    public let largestTestedRatio: Double?
    public let settings: ConfidenceSettings

    /// The largest ratio of interest whose confidence is at or above the threshold; nil where none is.
    public var provenHorizon: Double? {
        ratios.last { $0.gap == nil && $0.confidence >= settings.threshold }?.ratio
    }

    public var confidences: [RatioConfidence] {
        ratios.map { RatioConfidence(ratio: $0.ratio, confidence: $0.confidence) }
    }

    /// The evidence at the ratio of interest nearest in log to `ratio`, ties to the longer.
    public func evidence(near ratio: Double) -> RatioEvidence {
        precondition(ratio > 0 && ratio.isFinite, "A ratio of steps is positive; got \(ratio).")
        let nearest = ratios.min { a, b in
            let (left, right) = (PairSelection.distance(a.ratio, ratio), PairSelection.distance(b.ratio, ratio))
            return left != right ? left < right : a.ratio > b.ratio
        }
        return nearest ?? RatioEvidence(ratio: ratio, gap: .notReached(ratio: ratio, tested: nil))
    }

    /// What is known of forecasts with this reach: the nearest ratio's evidence, or why there is none because nothing
    /// was tested that far.
    public func evidence(at ratio: Double) -> RatioEvidence {
        let nearest = evidence(near: ratio)
        if case .tooFewCheckpoints = nearest.gap { return nearest }
        if case .modulesNotFinite = nearest.gap { return nearest }
        if case .disappointed = nearest.gap { return nearest }
        if case .supervised = nearest.gap { return nearest }
        if case .wandering = nearest.gap, nearest.ratio * ConfidenceSettings.reach >= ratio { return nearest }
        guard let tested = largestTestedRatio, ratio <= tested * ConfidenceSettings.reach else {
            return RatioEvidence(ratio: ratio, gap: .notReached(ratio: ratio, tested: largestTestedRatio))
        }
        return nearest
    }

    /// Confidence in a forecast for `ratio` times the last step, 0...1.
    public func confidence(at ratio: Double) -> Double { evidence(at: ratio).confidence }
}
