import FoundationEssentials
import Vocabulary

/// An emitted prediction as `/v1/status` lists it.
public struct PredictionSummary: Codable, Hashable, Sendable {
    public var id: Int
    /// The step that it predicts.
    public var step: TrainingStep
    /// The last recorded step when it was made.
    public var fromStep: TrainingStep
    public var format: PredictionFormat
    public var path: String
    /// Confidence when it was emitted, 0...1.
    @Nullable public var confidence: Double?
    public var emittedAt: Date
    /// What somebody measured and posted back; nil until then.
    @Nullable public var accuracy: Double?

    public init(
        id: Int, step: TrainingStep, fromStep: TrainingStep, format: PredictionFormat, path: String,
        confidence: Double?, emittedAt: Date, accuracy: Double?
    ) {
        self.id = id
        self.step = step
        self.fromStep = fromStep
        self.format = format
        self.path = path
        self.confidence = confidence
        self.emittedAt = emittedAt
        self.accuracy = accuracy
    }
}

/// `GET /v1/predictions`.
public struct PredictionList: Codable, Hashable, Sendable {
    /// Oldest first, with those that failed or whose directory was removed.
    public var predictions: [PredictionDocument]

    public init(predictions: [PredictionDocument]) { self.predictions = predictions }
}

/// `GET /v1/predictions/ID`: one prediction with its provenance.
public struct PredictionDocument: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// Asked for or decided, not yet written.
        case pending
        case emitted
        /// Could not be written; `reason` says why.
        case failed
        /// Its directory was removed, by `emit.keep` or by somebody.
        case removed
    }

    /// One file of the published directory.
    public struct File: Codable, Hashable, Sendable {
        /// Relative to the directory.
        public var name: String
        public var bytes: Int
        /// 64 hexadecimal digits.
        public var sha256: String

        public init(name: String, bytes: Int, sha256: String) {
            self.name = name
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    public var id: Int
    public var state: State
    public var step: TrainingStep
    public var fromStep: TrainingStep
    public var format: PredictionFormat
    /// The published directory; nil while pending and when failed.
    @Nullable public var path: String?
    @Nullable public var emittedAt: Date?
    @Nullable public var confidence: Double?
    @Nullable public var accuracy: Double?
    public var model: ModelName
    /// The weights that the predicted movement was added to.
    public var anchor: PredictionAnchor
    /// `step / fromStep`.
    @Nullable public var horizon: Double?
    /// Emitted below the threshold because somebody asked for it.
    public var forced: Bool
    /// Why it was emitted or why it failed, one sentence.
    @Nullable public var reason: String?
    public var sourceSteps: [PredictionProvenance.SourceStep]
    public var confidenceParts: [PredictionProvenance.ConfidencePart]
    public var files: [File]

    public init(
        id: Int, state: State, step: TrainingStep, fromStep: TrainingStep, format: PredictionFormat, path: String?,
        emittedAt: Date?, confidence: Double?, accuracy: Double?, model: ModelName, anchor: PredictionAnchor,
        horizon: Double?, forced: Bool, reason: String?, sourceSteps: [PredictionProvenance.SourceStep],
        confidenceParts: [PredictionProvenance.ConfidencePart], files: [File]
    ) {
        self.id = id
        self.state = state
        self.step = step
        self.fromStep = fromStep
        self.format = format
        self.path = path
        self.emittedAt = emittedAt
        self.confidence = confidence
        self.accuracy = accuracy
        self.model = model
        self.anchor = anchor
        self.horizon = horizon
        self.forced = forced
        self.reason = reason
        self.sourceSteps = sourceSteps
        self.confidenceParts = confidenceParts
        self.files = files
    }
}
