/// What a run is trained on, as far as its trainer's log tells.
public enum TrainingObjective: String, Hashable, Sendable, Codable {
    /// Samples of its own, scored by a reward.
    case reinforcement
    /// Given answers: a loss, and no reward beside it.
    case supervised
}
