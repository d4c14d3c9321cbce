import Vocabulary

/// `GET /v1/forecasts`: every model at every tested horizon.
public struct ForecastList: Codable, Hashable, Sendable {
    /// The last recorded step, which every horizon is a multiple of; nil when nothing is recorded.
    @Nullable public var fromStep: TrainingStep?
    /// What a confidence has to reach, 0...1.
    @Nullable public var threshold: Double?
    /// By model in the order of their registration, then by horizon.
    public var forecasts: [ForecastDocument]

    public init(fromStep: TrainingStep?, threshold: Double?, forecasts: [ForecastDocument]) {
        self.fromStep = fromStep
        self.threshold = threshold
        self.forecasts = forecasts
    }
}

/// One model's record at one horizon.
public struct ForecastDocument: Codable, Hashable, Sendable {
    public var model: ModelName
    /// Target step divided by the step that the forecast starts from, above 1.
    public var horizon: Double
    /// `horizon` times the last recorded step, rounded to the run's checkpoint interval.
    @Nullable public var targetStep: TrainingStep?
    /// `sqrt(sum (a - p)^2 / sum a^2)` over the pairs: 0 is perfect, 1 is what keeping the last checkpoint has.
    @Nullable public var backtestError: Double?
    /// `1 - backtestError`, averaged over the pairs.
    @Nullable public var skill: Double?
    /// `sum a p / sum p^2`: 1 means the weights moved exactly as far as predicted.
    @Nullable public var realised: Double?
    /// Mean minus standard deviation of the skills, bounded to 0...1; 0 without evidence.
    @Nullable public var confidence: Double?
    /// How many pairs of an origin and a later checkpoint the numbers rest on.
    public var pairs: Int
    /// Why there is no forecast or no evidence; nil when there is.
    @Nullable public var reason: String?

    public init(
        model: ModelName, horizon: Double, targetStep: TrainingStep?, backtestError: Double?, skill: Double?,
        realised: Double?, confidence: Double?, pairs: Int, reason: String?
    ) {
        self.model = model
        self.horizon = horizon
        self.targetStep = targetStep
        self.backtestError = backtestError
        self.skill = skill
        self.realised = realised
        self.confidence = confidence
        self.pairs = pairs
        self.reason = reason
    }
}
