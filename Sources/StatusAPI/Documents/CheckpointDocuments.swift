import FoundationEssentials
import Vocabulary

/// `GET /v1/checkpoints`.
public struct CheckpointList: Codable, Hashable, Sendable {
    /// In step order.
    public var checkpoints: [CheckpointDocument]

    public init(checkpoints: [CheckpointDocument]) { self.checkpoints = checkpoints }
}

/// One checkpoint of the run, as far as the daemon has come with it.
public struct CheckpointDocument: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable, CaseIterable {
        /// Seen, not yet recorded: unfinished, settling, or waiting for its turn; `reason` says which.
        case pending
        /// Factored and part of the trajectory.
        case recorded
        /// Cannot be used; `reason` says why.
        case rejected
        /// Deleted before it could be read.
        case gone
        /// Replaced by a rewound run's checkpoint of the same or an earlier step.
        case superseded
    }

    public var step: TrainingStep
    public var state: State
    /// Why the checkpoint is in its state; nil for a recorded one without a note.
    @Nullable public var reason: String?
    /// Folder that was, or will be, read.
    public var path: String
    /// Wall time of the recording in seconds, 0 or more; nil until recorded.
    @Nullable public var seconds: Double?
    /// Bytes of weights read for it; nil until recorded.
    @Nullable public var bytes: Int?
    /// The run's own accuracy at this step; nil when unknown.
    @Nullable public var accuracy: Double?
    /// Where that comes from: `api`, or a trainer's file and the name of the number in it; nil when unknown.
    @Nullable public var accuracySource: String?
    @Nullable public var recordedAt: Date?

    public init(
        step: TrainingStep, state: State, reason: String?, path: String, seconds: Double?, bytes: Int?,
        accuracy: Double?, accuracySource: String? = nil, recordedAt: Date?
    ) {
        self.step = step
        self.state = state
        self.reason = reason
        self.path = path
        self.seconds = seconds
        self.bytes = bytes
        self.accuracy = accuracy
        self.accuracySource = accuracySource
        self.recordedAt = recordedAt
    }
}
