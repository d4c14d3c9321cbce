import Vocabulary

/// `(T / t_n) D_n`, all ranks: RLVR-Linearity, arXiv 2601.04537. Its anchored form and its backtests use the stored
/// rank-k part of the last update.
public struct TwoPointModel: CombinationModel {
    public let name: ModelName = "two-point"
    public let summary = "the last update, all ranks of it, grows in proportion to the step"
    public let anchor = PredictionAnchor.base
    public let rank: Int

    public init(rank: Int = 1) {
        precondition(rank >= 1, "A slope has at least one component; got rank \(rank).")
        self.rank = rank
    }

    public func whole(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> WholePrediction? {
        .scaledUpdate(by: Double(target.value) / Double(try lastStep(of: trajectory.gram).value))
    }

    public func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double] {
        try slopeWeights(over: gram).map { $0 * Double(target.value) }
    }

    public func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double] {
        let last = try lastStep(of: gram)
        return gram.steps.map { $0 == last ? 1 / Double(last.value) : 0 }
    }

    private func lastStep(of gram: TrajectoryGram) throws(Abstention) -> TrainingStep {
        try requireCheckpoints(1, among: gram.count)
        guard let last = gram.steps.last, last.value > 0 else { throw .constantResponse(model: name) }
        return last
    }
}
