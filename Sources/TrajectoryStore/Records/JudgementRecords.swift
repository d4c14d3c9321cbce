import Vocabulary

/// What the record of one model at one ratio of interest says, judged at one checkpoint.
public struct JudgementRecord: Hashable, Sendable {
    public let model: ModelName
    public let ratio: Double
    public let skill: Double?
    public let realised: Double?
    /// 0...1.
    public let confidence: Double
    /// Number of backtest pairs behind it.
    public let pairs: Int

    public init(
        model: ModelName, ratio: Double, skill: Double?, realised: Double?, confidence: Double, pairs: Int
    ) {
        self.model = model
        self.ratio = ratio
        self.skill = skill
        self.realised = realised
        self.confidence = confidence
        self.pairs = pairs
    }
}

/// The one answer per checkpoint to "can this be trusted yet?".
public struct VerdictRecord: Hashable, Sendable {
    public let model: ModelName?
    public let targetStep: TrainingStep?
    public let horizon: Double?
    public let provenHorizon: Double?
    /// 0...1.
    public let confidence: Double
    public let isReady: Bool
    public let reason: String
    /// JSON object with snake_case keys: the breakdown.
    public let detail: String

    public init(
        model: ModelName?, targetStep: TrainingStep?, horizon: Double?, provenHorizon: Double?, confidence: Double,
        isReady: Bool, reason: String, detail: String
    ) {
        self.model = model
        self.targetStep = targetStep
        self.horizon = horizon
        self.provenHorizon = provenHorizon
        self.confidence = confidence
        self.isReady = isReady
        self.reason = reason
        self.detail = detail
    }
}

/// Whether a judged checkpoint led to an emission, and why or why not.
public struct DecisionRecord: Hashable, Sendable {
    public let isEmission: Bool
    public let reason: String
    public let targetStep: TrainingStep?
    public let decidedAt: String

    public init(isEmission: Bool, reason: String, targetStep: TrainingStep?, decidedAt: String) {
        self.isEmission = isEmission
        self.reason = reason
        self.targetStep = targetStep
        self.decidedAt = decidedAt
    }
}

/// A step with what was judged and decided there.
public struct StepVerdict: Hashable, Sendable {
    public let step: TrainingStep
    public let checkpoint: CheckpointID
    public let verdict: VerdictRecord
    public let decision: DecisionRecord?
}

/// What turns a staged checkpoint into a recorded one, besides the rows that are staged already.
public struct CheckpointRecording: Hashable, Sendable {
    /// How many modules must have been staged.
    public let moduleCount: Int
    public let contentHash: String
    /// Bytes read.
    public let bytes: Int64
    public let seconds: Double
    public let recordedAt: String
    public let coordinates: [CoordinatesRecord]
    public let backtests: [BacktestRecord]
    public let retiring: [RegistrationID]
    /// The steps whose Gram rows are still of use; those of others are given up. nil: all stay.
    public let workingSet: [TrainingStep]?
    public let judgements: [JudgementRecord]
    public let verdict: VerdictRecord
    public let events: [NewEvent]

    public init(
        moduleCount: Int, contentHash: String, bytes: Int64, seconds: Double, recordedAt: String,
        coordinates: [CoordinatesRecord], backtests: [BacktestRecord], retiring: [RegistrationID],
        workingSet: [TrainingStep]? = nil, judgements: [JudgementRecord], verdict: VerdictRecord, events: [NewEvent]
    ) {
        self.moduleCount = moduleCount
        self.contentHash = contentHash
        self.bytes = bytes
        self.seconds = seconds
        self.recordedAt = recordedAt
        self.coordinates = coordinates
        self.backtests = backtests
        self.retiring = retiring
        self.workingSet = workingSet
        self.judgements = judgements
        self.verdict = verdict
        self.events = events
    }
}
