import Vocabulary

/// `P(T) = T (sum t_i M_i) / (sum t_i^2)`: least squares through `D_0 = 0`.
public struct RayModel: CombinationModel {
    public let name: ModelName = "ray"
    public let summary = "the update grows in proportion to the step, from zero at step 0"
    public let anchor = PredictionAnchor.base
    public let rank: Int

    public init(rank: Int = 1) {
        precondition(rank >= 1, "A slope has at least one component; got rank \(rank).")
        self.rank = rank
    }

    public func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double] {
        try slopeWeights(over: gram).map { $0 * Double(target.value) }
    }

    public func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double] {
        try requireCheckpoints(1, among: gram.count)
        let times = gram.steps.map { Double($0.value) }
        let squares = times.reduce(0) { $0 + $1 * $1 }
        guard squares > 0 else { throw .constantResponse(model: name) }
        return times.map { $0 / squares }
    }
}
