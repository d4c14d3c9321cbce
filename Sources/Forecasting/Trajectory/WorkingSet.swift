import Vocabulary

/// Which of a run's recorded checkpoints a trajectory is fitted to: the newest 32, and of those before them 32
/// spaced about evenly in log step (method, section 2).
///
/// The choice is made by adding one step at a time and, when there are too many, dropping the older one that is
/// missed least. So a step that was dropped never comes back: a trajectory that is kept up to date one checkpoint
/// at a time and one that is rebuilt from the store hold the same steps.
public enum WorkingSet {
    public static let newest = 32
    public static let older = 32

    /// The steps to keep, rising. `recorded` is in the order in which they were recorded, which is the order of steps
    /// but for checkpoints that completed late. Cost: O(64) for each.
    public static func select(_ recorded: [TrainingStep]) -> [TrainingStep] {
        var kept: [TrainingStep] = []
        for step in recorded {
            kept.insert(step, at: kept.firstIndex { $0 > step } ?? kept.endIndex)
            if let dropped = overflow(of: kept) { kept.remove(at: dropped) }
        }
        return kept
    }

    /// The position to drop from rising steps, nil while they fit.
    static func overflow(of steps: [TrainingStep]) -> Int? {
        guard steps.count > newest + older else { return nil }
        // The oldest of the newest is a neighbour too, so that the last of the older ones may be the one to go.
        return LogSpacing.mostRedundant(in: Array(steps.prefix(older + 2)))
    }
}
