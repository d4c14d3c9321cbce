import Vocabulary

/// What the run did since the checkpoint before: the one test that sees a bend at once.
///
/// Tests of a longer reach look back past a bend and may still come out well. So the forecast made at the newest
/// registered origin is held against the newest checkpoint, however near, and takes confidence away where the weights
/// did not go on as it said. It never adds any: neighbouring checkpoints that agree prove nothing about later ones.
public struct LatestMove: Hashable, Sendable {
    public let origin: TrainingStep
    public let target: TrainingStep
    /// Fraction of the predicted movement that happened; 0 for a run that stood still, below 0 for one that turned back.
    public let realised: Double

    /// The most that any confidence may be, 0...1: twice the realised fraction. Half of the movement and more, as on
    /// runs that slow down evenly, takes nothing away; none of it takes everything.
    public var ceiling: Double { min(1, max(0, 2 * realised)) }

    /// Nil where the newest checkpoint was not predicted to move, or was not predicted at all.
    ///
    /// - Parameter pairs: one model's backtests.
    init?(among pairs: [BacktestPair], newest: TrainingStep?) {
        let latest = pairs.filter { $0.target == newest }.max { $0.origin < $1.origin }
        guard let latest, latest.sums.isFinite, latest.sums.predictedSquared > 0 else { return nil }
        origin = latest.origin
        target = latest.target
        realised = latest.sums.actualPredicted / latest.sums.predictedSquared
    }
}
