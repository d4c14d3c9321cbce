import Vocabulary

public enum PredictionState: String, Sendable, CaseIterable, Codable {
    /// Decided, perhaps being written; found after a crash, it has to be finished or failed.
    case planned
    case published
    /// No longer stood by: the run was rewound, or its plan was given up.
    case withdrawn
    /// Deleted to keep only the newest few.
    case removed
    case failed
}

/// A prediction that is about to be written.
public struct PlannedPrediction: Hashable, Sendable {
    public let targetStep: TrainingStep
    /// The checkpoint that it starts from.
    public let checkpoint: CheckpointID
    public let model: ModelName
    public let format: PredictionFormat
    /// Where it will appear.
    public let path: String
    /// 0...1.
    public let confidence: Double
    public let isForced: Bool
    /// `policy`, or who asked.
    public let requestedBy: String
    public let plannedAt: String

    public init(
        targetStep: TrainingStep, checkpoint: CheckpointID, model: ModelName, format: PredictionFormat, path: String,
        confidence: Double, isForced: Bool, requestedBy: String, plannedAt: String
    ) {
        self.targetStep = targetStep
        self.checkpoint = checkpoint
        self.model = model
        self.format = format
        self.path = path
        self.confidence = confidence
        self.isForced = isForced
        self.requestedBy = requestedBy
        self.plannedAt = plannedAt
    }
}

/// One row of `prediction`, with the accuracies known of it.
public struct PredictionRecord: Hashable, Sendable {
    public let id: PredictionID
    public let plan: PlannedPrediction
    public let fromStep: TrainingStep
    public let state: PredictionState
    public let reason: String?
    /// JSON, the content of `alpharl.json`; there once it is published.
    public let manifest: String?
    public let emittedAt: String?
    /// The latest accuracy posted for it.
    public let accuracy: Double?
    /// The latest accuracy of the checkpoint that it started from.
    public let fromAccuracy: Double?
}
