import Vocabulary

/// `c_i = 1/n + (t_i - tm)(T - tm) / S_tt`: the least-squares line with intercept through all checkpoints.
public struct LineModel: CombinationModel {
    public let name: ModelName = "line"
    public let summary = "a straight line with intercept through all checkpoints"
    public let anchor = PredictionAnchor.base
    public let rank: Int

    public init(rank: Int = 1) {
        precondition(rank >= 1, "A slope has at least one component; got rank \(rank).")
        self.rank = rank
    }

    public func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double] {
        try fit(gram).weights(at: target)
    }

    public func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double] {
        try fit(gram).slopeWeights
    }

    /// Two points determine the line and leave nothing to average: three are asked for.
    private func fit(_ gram: TrajectoryGram) throws(Abstention) -> LeastSquares {
        try requireCheckpoints(3, among: gram.count)
        guard let line = LeastSquares(gram.steps) else { throw .constantResponse(model: name) }
        return line
    }
}
