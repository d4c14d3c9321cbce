import FoundationEssentials
import Vocabulary

/// `GET /v1/status`: where the run stands, in one screenful.
public struct RunStatus: Codable, Hashable, Sendable {
    /// What the daemon is doing right now.
    public enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// Opening the store and scanning the run for the first time.
        case starting
        /// Waiting for the next checkpoint.
        case watching
        /// Factoring a checkpoint.
        case recording
        /// Writing a prediction.
        case emitting
        /// Working, with a reason in `lastError`.
        case degraded
        /// Finishing what is under way before it ends.
        case stopping
    }

    public var run: String
    public var state: State
    /// Version of the daemon, `MAJOR.MINOR.PATCH`.
    public var version: String
    public var startedAt: Date
    /// What is under way while `state` is recording or emitting; nil otherwise, and before it can be counted.
    @Nullable public var work: Work?
    public var base: Base
    public var layout: Layout
    public var checkpoints: CheckpointCounts
    public var trajectory: TrajectorySummary
    public var accuracy: AccuracySummary
    public var forecast: ForecastSummary
    /// What was emitted and is still kept, oldest first.
    public var predictions: [PredictionSummary]
    /// One line: what failed: why; what to do. Nil when nothing is wrong.
    @Nullable public var lastError: String?

    public init(
        run: String, state: State, version: String, startedAt: Date, work: Work? = nil, base: Base,
        layout: Layout = .unknown, checkpoints: CheckpointCounts, trajectory: TrajectorySummary,
        accuracy: AccuracySummary = .none, forecast: ForecastSummary, predictions: [PredictionSummary],
        lastError: String?
    ) {
        self.run = run
        self.state = state
        self.version = version
        self.startedAt = startedAt
        self.work = work
        self.base = base
        self.layout = layout
        self.checkpoints = checkpoints
        self.trajectory = trajectory
        self.accuracy = accuracy
        self.forecast = forecast
        self.predictions = predictions
        self.lastError = lastError
    }
}

extension RunStatus {
    /// The checkpoint that is being recorded, or the prediction that is being written.
    public struct Work: Codable, Hashable, Sendable {
        public var step: TrainingStep
        /// In `unit`, 0...`total`.
        public var done: Int
        public var total: Int
        /// `modules` or `bytes`.
        public var unit: String
        /// Checkpoints that wait behind it.
        public var queued: Int
        /// Units in a second; nil before there is anything to measure.
        @Nullable public var perSecond: Double?
        /// Until what waits is done too, at that rate.
        @Nullable public var secondsLeft: Double?

        public init(
            step: TrainingStep, done: Int, total: Int, unit: String, queued: Int, perSecond: Double?,
            secondsLeft: Double?
        ) {
            self.step = step
            self.done = done
            self.total = total
            self.unit = unit
            self.queued = queued
            self.perSecond = perSecond
            self.secondsLeft = secondsLeft
        }
    }

    /// The weights that the run started from.
    public struct Base: Codable, Hashable, Sendable {
        public var path: String
        /// Identifies the base weights' content; nil until they have been read.
        @Nullable public var fingerprint: String?

        public init(path: String, fingerprint: String?) {
            self.path = path
            self.fingerprint = fingerprint
        }
    }

    /// Whose folders the run's are.
    public struct Layout: Codable, Hashable, Sendable {
        /// As `run.layout` writes it; nil while none is recognised.
        @Nullable public var name: String?
        /// What it was recognised by, or why it was not and what to do; nil before the first scan.
        @Nullable public var reason: String?

        /// How the newest complete checkpoint's weights are stored, such as `FSDP shards, 4 ranks, float32`; nil before
        /// there is one, or where it cannot be opened.
        @Nullable public var form: String?

        public static let unknown = Layout(name: nil, reason: nil)

        public init(name: String?, reason: String?, form: String? = nil) {
            self.name = name
            self.reason = reason
            self.form = form
        }
    }

    /// How many checkpoints are in which state, each 0 or more.
    public struct CheckpointCounts: Codable, Hashable, Sendable {
        public var recorded: Int
        public var pending: Int
        public var rejected: Int
        /// Smallest and largest recorded step; nil when none is recorded.
        @Nullable public var firstStep: TrainingStep?
        @Nullable public var lastStep: TrainingStep?
        /// When a checkpoint was last recorded; nil when none is.
        @Nullable public var lastRecordedAt: Date?
        /// What the first of the pending ones waits for; nil where none is, or where it only waits for its turn.
        @Nullable public var pendingReason: String?

        public init(
            recorded: Int, pending: Int, rejected: Int, firstStep: TrainingStep?, lastStep: TrainingStep?,
            lastRecordedAt: Date? = nil, pendingReason: String? = nil
        ) {
            self.recorded = recorded
            self.pending = pending
            self.rejected = rejected
            self.firstStep = firstStep
            self.lastStep = lastStep
            self.lastRecordedAt = lastRecordedAt
            self.pendingReason = pendingReason
        }
    }

    /// How the tracked modules move, as medians over the modules. Reported, never used as evidence.
    public struct TrajectorySummary: Codable, Hashable, Sendable {
        /// Number of tracked modules.
        public var modules: Int
        /// `sigma_1^2 / ||D||_F^2` at the last recorded step, 0...1; nil when every update is zero.
        @Nullable public var energyShare: Double?
        /// Cosine between the rank-1 parts of the last two recorded steps, -1...1; nil with fewer than two.
        @Nullable public var directionCosine: Double?
        /// R2 of a straight line through the rank-1 parts, at most 1; nil with fewer than three.
        @Nullable public var linearityR2: Double?

        public init(modules: Int, energyShare: Double?, directionCosine: Double?, linearityR2: Double?) {
            self.modules = modules
            self.energyShare = energyShare
            self.directionCosine = directionCosine
            self.linearityR2 = linearityR2
        }
    }

    /// The run's own accuracy, as the trainer wrote it or somebody posted it.
    public struct AccuracySummary: Codable, Hashable, Sendable {
        /// At how many steps it is known, 0...
        public var known: Int
        /// The newest of them; nil when none is.
        @Nullable public var step: TrainingStep?
        @Nullable public var value: Double?
        /// Where the newest comes from: `api`, or a trainer's file and the name of the number in it.
        @Nullable public var source: String?
        /// Why accuracies in the trainer's log are not known, and what to do; nil where nothing stands in the way.
        @Nullable public var problem: String?

        public static let none = AccuracySummary(known: 0, step: nil, value: nil, source: nil)

        public init(known: Int, step: TrainingStep?, value: Double?, source: String?, problem: String? = nil) {
            self.known = known
            self.step = step
            self.value = value
            self.source = source
            self.problem = problem
        }
    }

    /// The forecast that would be emitted next, and whether it may be.
    public struct ForecastSummary: Codable, Hashable, Sendable {
        /// The chosen model; nil while none can be fitted.
        @Nullable public var model: ModelName?
        @Nullable public var targetStep: TrainingStep?
        /// `targetStep` divided by the last recorded step, above 1.
        @Nullable public var horizon: Double?
        /// 0...1, from backtests on this run; 0 means no evidence.
        @Nullable public var confidence: Double?
        /// What `confidence` has to reach, 0...1.
        @Nullable public var threshold: Double?
        /// Largest tested horizon whose confidence reaches the threshold; nil when none does.
        @Nullable public var provenHorizon: Double?
        /// How much better than keeping the last checkpoint: 1 is perfect, 0 no better, below 0 worse.
        @Nullable public var skill: Double?
        /// How far the weights moved as a share of what was predicted: 1 is exactly as far.
        @Nullable public var realised: Double?
        /// Whether the forecast may be emitted.
        public var ready: Bool
        /// Why it may or may not, one sentence.
        public var reason: String

        public init(
            model: ModelName?, targetStep: TrainingStep?, horizon: Double?, confidence: Double?, threshold: Double?,
            provenHorizon: Double?, skill: Double?, realised: Double?, ready: Bool, reason: String
        ) {
            self.model = model
            self.targetStep = targetStep
            self.horizon = horizon
            self.confidence = confidence
            self.threshold = threshold
            self.provenHorizon = provenHorizon
            self.skill = skill
            self.realised = realised
            self.ready = ready
            self.reason = reason
        }
    }
}
