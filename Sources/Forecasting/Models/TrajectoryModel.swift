import Vocabulary

/// What a whole prediction replaces a module's update with.
public enum WholePrediction: Hashable, Sendable {
    /// `P(T)` itself.
    case lowRank(LowRankMatrix)
    /// `factor * D_n`, all ranks of the last update.
    case scaledUpdate(by: Double)
    /// Nothing: this is added to the last update, whose other ranks are kept.
    case movement(LowRankMatrix)
}

/// A way to say where a module's update will be at a later step (method, section 3).
///
/// Every model has an anchored form: the movement from the last checkpoint to step T is `(T - t_n) * slope`. A whole
/// model also says what the update itself will be. A model never looks at anything but the trajectory, so one fitted
/// to the first checkpoints says what it would have said then.
public protocol TrajectoryModel: Sendable {
    var name: ModelName { get }
    /// One sentence for a person: what it assumes.
    var summary: String { get }
    /// `.checkpoint` for anchored models, `.base` for whole ones: what its prediction is added to.
    var anchor: PredictionAnchor { get }
    /// Whether its movement is damped by the record of its components (`DampingRecord`).
    var isDamped: Bool { get }
    /// How many rank-1 components its slope has at most, 1...
    var rank: Int { get }

    /// The anchored form: movement per optimizer step, its triplets largest first, at most `rank` of them.
    func slope(of trajectory: ModuleTrajectory) throws(Abstention) -> LowRankMatrix

    /// What the update is replaced with at `target`; nil for an anchored model that moves along its slope.
    func whole(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> WholePrediction?

    /// How much each checkpoint of the trajectory counts in the forecast for `target`, in step order.
    func weights(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> [Double]
}

extension TrajectoryModel {
    public var isDamped: Bool { false }

    public func whole(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> WholePrediction? {
        nil
    }

    func requireCheckpoints(_ needed: Int, among count: Int) throws(Abstention) {
        guard count >= needed else { throw .tooFewCheckpoints(model: name, got: count, needed: needed) }
    }
}
