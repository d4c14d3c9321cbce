import Vocabulary

/// `GET /v1/history`: what was judged at each recorded checkpoint.
public struct RunHistory: Codable, Hashable, Sendable {
    /// What a confidence has to reach now, 0...1; nil where it is not known.
    @Nullable public var threshold: Double?
    /// In step order.
    public var verdicts: [VerdictDocument]

    public init(threshold: Double?, verdicts: [VerdictDocument]) {
        self.threshold = threshold
        self.verdicts = verdicts
    }
}

/// The judgement of one checkpoint, and what was decided on it. Figures are medians over the modules.
public struct VerdictDocument: Codable, Hashable, Sendable {
    public var step: TrainingStep
    /// The chosen model; nil where none could be fitted.
    @Nullable public var model: ModelName?
    @Nullable public var targetStep: TrainingStep?
    @Nullable public var horizon: Double?
    /// Largest tested horizon whose confidence reached the threshold; nil where none did.
    @Nullable public var provenHorizon: Double?
    /// 0...1; 0 without evidence.
    @Nullable public var confidence: Double?
    /// Mean skill of the backtests at `horizon`: 1 perfect, 0 no better than keeping the checkpoint.
    @Nullable public var skill: Double?
    /// How far the weights moved as a share of what was predicted.
    @Nullable public var realised: Double?
    /// Whether a forecast could be emitted.
    public var ready: Bool
    /// Why it could or could not, one sentence.
    public var reason: String
    /// Whether a prediction was decided on at this checkpoint.
    public var emitted: Bool
    /// `sigma_1^2 / ||D||_F^2`, 0...1.
    @Nullable public var energyShare: Double?
    /// Cosine between the rank-1 parts of this and the previous recorded step.
    @Nullable public var directionCosine: Double?
    /// R2 of a straight line through the rank-1 parts.
    @Nullable public var linearityR2: Double?
    /// `||W_t - W_0|| / ||W_0||` over all tracked modules.
    @Nullable public var relativeUpdateNorm: Double?

    public init(
        step: TrainingStep, model: ModelName?, targetStep: TrainingStep?, horizon: Double?, provenHorizon: Double?,
        confidence: Double?, skill: Double?, realised: Double?, ready: Bool, reason: String, emitted: Bool,
        energyShare: Double?, directionCosine: Double?, linearityR2: Double?, relativeUpdateNorm: Double?
    ) {
        self.step = step
        self.model = model
        self.targetStep = targetStep
        self.horizon = horizon
        self.provenHorizon = provenHorizon
        self.confidence = confidence
        self.skill = skill
        self.realised = realised
        self.ready = ready
        self.reason = reason
        self.emitted = emitted
        self.energyShare = energyShare
        self.directionCosine = directionCosine
        self.linearityR2 = linearityR2
        self.relativeUpdateNorm = relativeUpdateNorm
    }
}

/// `GET /v1/backtests?model=NAME`: past forecasts against what came true.
public struct BacktestList: Codable, Hashable, Sendable {
    /// By target, then origin, then model.
    public var backtests: [BacktestDocument]

    public init(backtests: [BacktestDocument]) { self.backtests = backtests }
}

/// One forecast that was made at `originStep` for a step that was observed later.
public struct BacktestDocument: Codable, Hashable, Sendable {
    public var model: ModelName
    public var originStep: TrainingStep
    public var targetStep: TrainingStep
    /// `targetStep / originStep`, above 1.
    @Nullable public var ratio: Double?
    /// 1 perfect, 0 no better than keeping the checkpoint of origin; nil where nothing moved.
    @Nullable public var skill: Double?
    /// How far the weights moved as a share of what was predicted; nil where no movement was predicted.
    @Nullable public var realised: Double?

    public init(
        model: ModelName, originStep: TrainingStep, targetStep: TrainingStep, ratio: Double?, skill: Double?,
        realised: Double?
    ) {
        self.model = model
        self.originStep = originStep
        self.targetStep = targetStep
        self.ratio = ratio
        self.skill = skill
        self.realised = realised
    }
}
