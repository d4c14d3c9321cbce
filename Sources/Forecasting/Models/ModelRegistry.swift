import Vocabulary

/// Every trajectory model, the simplest first: among models with equal records the first one is chosen.
/// A new model is one file in this folder and one line here.
public enum ModelRegistry {
    public static let all: [any TrajectoryModel] = [
        LastModel(),
        TangentModel(),
        DampedTangentModel(),
        TwoPointModel(),
        RayModel(),
        LineModel(),
        RelexModel(),
        AlphaRLModel(),
    ]

    /// The largest rank of the parts whose inner products a model of this list asks for, whatever its own rank: those of larger
    /// parts are neither computed nor stored.
    public static let gramRank = 1

    /// Keeping the last checkpoint: what every forecast is compared with.
    public static let baseline: any TrajectoryModel = LastModel()

    /// The models whose slopes are registered at every checkpoint, to be held against what comes.
    public static var testable: [any TrajectoryModel] { all.filter { $0.name != baseline.name } }

    /// What speaks for a forecast while no record tells the models apart.
    public static let preferred: any TrajectoryModel = DampedTangentModel()

    /// The models that `auto` may choose: those that keep what the last checkpoint holds. The plain tangent is not among
    /// them: it is the damped one with all factors 1, and those are chosen component by component.
    public static let anchored: [any TrajectoryModel] = [baseline, preferred]

    public static func model(named name: ModelName) -> (any TrajectoryModel)? { all.first { $0.name == name } }
}
