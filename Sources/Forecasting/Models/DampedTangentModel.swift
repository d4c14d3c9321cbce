import Vocabulary

/// The tangent's slope at a higher rank, followed only as far as its own components' past forecasts came true.
///
/// `D_n + sum_j f_j (T - t_n) s_j u_j v_j^T`, with `f` from `DampingRecord`. The tangent is the case `f = 1`, keeping the
/// last checkpoint the case `f = 0`: choosing between them is done component by component, from the run's own past.
public struct DampedTangentModel: CombinationModel {
    public let name: ModelName = "damped"
    public let summary =
        "moves on along the recent slope, each component by the fraction that its own past forecasts realised"
    public let anchor = PredictionAnchor.checkpoint
    public let isDamped = true
    public let rank: Int
    private let tangent: TangentModel

    public init(rank: Int = 4) {
        tangent = TangentModel(rank: rank)
        self.rank = rank
    }

    public func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double] {
        try tangent.weights(over: gram, at: target)
    }

    public func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double] {
        try tangent.slopeWeights(over: gram)
    }
}
