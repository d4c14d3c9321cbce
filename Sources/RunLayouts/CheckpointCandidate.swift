public import Vocabulary

/// A folder whose name says that it is, or will be, the checkpoint of a step.
public struct CheckpointCandidate: Hashable, Sendable {
    public let step: TrainingStep
    /// The folder that holds the weights: what to open.
    public let directory: String
    /// The folder that names the step; `directory` itself or above it.
    public let root: String
    public let layout: LayoutName
    /// What a person should know about it; empty: nothing.
    public let note: String

    public init(step: TrainingStep, directory: String, root: String, layout: LayoutName, note: String = "") {
        self.step = step
        self.directory = directory
        self.root = root
        self.layout = layout
        self.note = note
    }
}

/// What a layout finds in a run's folder.
public struct CheckpointListing: Hashable, Sendable {
    /// A folder that looks like a checkpoint and is not taken for one.
    public struct Ignored: Hashable, Sendable {
        public let name: String
        public let reason: String

        public init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// In step order; no step twice.
    public let candidates: [CheckpointCandidate]
    /// In byte order of the names.
    public let ignored: [Ignored]

    public init(candidates: [CheckpointCandidate], ignored: [Ignored]) {
        self.candidates = candidates
        self.ignored = ignored
    }

    public static let empty = CheckpointListing(candidates: [], ignored: [])
}
