import Files

/// How one trainer names its checkpoints, and how it ends the save of one. A new trainer is one file with one of
/// these and one line in `LayoutRegistry`.
public protocol RunLayout: Sendable {
    var name: LayoutName { get }
    /// What a person recognises it by: `checkpoint-N`.
    var shape: String { get }

    /// Whether it counts only where no other layout fits: its folders may be any trainer's.
    var countsOnlyAlone: Bool { get }

    /// The folders in a run's folder that are checkpoints of this layout by their names. A root that is not there
    /// has none.
    func listing(in root: String) throws(LayoutError) -> CheckpointListing

    /// What in a candidate tells that this trainer wrote it, in words that fit after "recognised by"; nil where only
    /// its name fits, which other trainers use too. Asked when the layout is found out, not when it is configured.
    func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String?

    /// Whether one of them may be read. Reads markers and the headers of weight files, no weights.
    func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness

    /// What the trainer wrote about the run up to this checkpoint; nil where it writes nothing of the kind.
    ///
    /// - Throws: `LayoutError.unreadableLog` for what cannot be understood, which is no reason to leave the weights.
    func trainerState(of candidate: CheckpointCandidate) throws(LayoutError) -> TrainerState?
}

extension RunLayout {
    public var countsOnlyAlone: Bool { false }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        "the name \(FileTree.split(candidate.root).name)"
    }

    public func trainerState(of candidate: CheckpointCandidate) throws(LayoutError) -> TrainerState? { nil }

    public func candidates(in root: String) throws(LayoutError) -> [CheckpointCandidate] {
        try listing(in: root).candidates
    }
}
