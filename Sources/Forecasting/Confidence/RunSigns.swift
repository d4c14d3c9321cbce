public import Vocabulary

/// What is known of the run as a whole, beside the record of its forecasts, that may forbid to trust them.
public struct RunSigns: Hashable, Sendable {
    /// How it moves; nil with too few checkpoints, or where nothing moved.
    public let drift: Drift?
    /// What it is trained on; nil where its trainer's log does not tell.
    public let objective: TrainingObjective?

    public init(drift: Drift? = nil, objective: TrainingObjective? = nil) {
        self.drift = drift
        self.objective = objective
    }

    var isSupervised: Bool { objective == .supervised }

    /// Why no forecast of this run is trusted, whatever its record; nil where nothing speaks against it.
    var refusal: EvidenceGap? {
        if isSupervised { return .supervised }
        return drift.flatMap { $0.isSteady ? nil : .wandering($0) }
    }
}
