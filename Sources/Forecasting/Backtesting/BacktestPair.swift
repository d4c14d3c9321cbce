import Vocabulary

/// What a forecast made at `origin` was worth at `target`, over all modules and components.
public struct BacktestPair: Hashable, Sendable {
    public let model: ModelName
    /// Components of the model's slope at most.
    public let rank: Int
    public let origin: TrainingStep
    public let target: TrainingStep
    public let sums: BacktestSums

    /// - Precondition: the target comes after the origin.
    public init(model: ModelName, rank: Int, origin: TrainingStep, target: TrainingStep, sums: BacktestSums) {
        precondition(origin < target, "A backtest looks ahead; got origin \(origin) and target \(target).")
        self.model = model
        self.rank = rank
        self.origin = origin
        self.target = target
        self.sums = sums
    }

    /// `t_n / t_o`, above 1; infinite for an origin at step 0.
    public var ratio: Double { Double(target.value) / Double(origin.value) }
    public var realised: Double? { sums.realised }
    public var skill: Double? { sums.skill }
}
