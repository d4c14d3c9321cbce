import Vocabulary

/// Where a checkpoint stands. `superseded` is final; `recorded` ends only by a rewind.
public enum CheckpointState: String, Sendable, CaseIterable, Codable {
    /// Complete on disk, waiting for its turn, or in the middle of it.
    case pending
    /// Whole in the store.
    case recorded
    /// Cannot be used; the reason says why. Becomes pending again when its files change.
    case rejected
    /// Vanished before it could be read.
    case gone
    /// A rewind of the run repeats its step with other content.
    case superseded
}

/// A checkpoint as it is seen on disk.
public struct SeenCheckpoint: Hashable, Sendable {
    public let step: TrainingStep
    public let directory: String
    public let layout: String
    /// JSON object: the identities of the files that make it up.
    public let stamp: String
    /// Size of the files, in bytes; nil where unknown.
    public let bytes: Int64?
    /// RFC 3339 UTC.
    public let seenAt: String

    public init(
        step: TrainingStep, directory: String, layout: String, stamp: String, bytes: Int64?, seenAt: String
    ) {
        self.step = step
        self.directory = directory
        self.layout = layout
        self.stamp = stamp
        self.bytes = bytes
        self.seenAt = seenAt
    }

    /// Whether `other` is this checkpoint, seen at another time.
    func isSameFiles(as other: SeenCheckpoint) -> Bool {
        stamp == other.stamp && directory == other.directory && layout == other.layout
    }
}

/// One row of `checkpoint`.
public struct CheckpointRecord: Hashable, Sendable {
    public let id: CheckpointID
    public let seen: SeenCheckpoint
    public let segment: Int
    public let state: CheckpointState
    /// Why it is in this state; always there for `rejected` and `gone`.
    public let reason: String?
    public let contentHash: String?
    /// Wall-clock seconds from the first byte read to the record.
    public let seconds: Double?
    public let recordedAt: String?

    public var step: TrainingStep { seen.step }
}

/// All checkpoints in a few numbers.
public struct CheckpointSummary: Hashable, Sendable {
    public var recorded = 0
    public var pending = 0
    public var rejected = 0
    /// Of the recorded ones; nil where there is none.
    public var firstStep: TrainingStep?
    public var lastStep: TrainingStep?
    /// RFC 3339 UTC.
    public var lastRecordedAt: String?
    /// Why the first of the pending ones that has a reason waits.
    public var pendingReason: String?
}
