import Vocabulary

/// Which past forecasts stay registered: their directions cost two vectors for each module and an extra column in every
/// later pass, so there are at most 8 for each model and rank, spaced about evenly in log step (method, section 4).
public enum Origins {
    public static let most = 8

    /// What stays and what goes when one more origin is registered. The first, the newest and the one that is added
    /// always stay; of the others the one that is missed least goes. Depends on nothing but the steps.
    ///
    /// - Parameter registered: rising steps. One that is registered already is not registered twice.
    public static func thin(
        registered: [TrainingStep], adding step: TrainingStep
    ) -> (keep: [TrainingStep], drop: [TrainingStep]) {
        var keep = registered
        if !keep.contains(step) { keep.insert(step, at: keep.firstIndex { $0 > step } ?? keep.endIndex) }
        var drop: [TrainingStep] = []
        while keep.count > most, let position = LogSpacing.mostRedundant(in: keep) {
            drop.append(keep.remove(at: position))
        }
        return (keep, drop)
    }
}
