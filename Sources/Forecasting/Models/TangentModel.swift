import Vocabulary

/// `D_n + (T - t_n) S`, with S the least-squares slope of the rank-k parts over the recent half of the checkpoints.
///
/// The recent half is that of the working set, rounded to the nearest whole number (halves to even), at least 3.
public struct TangentModel: CombinationModel {
    public let name: ModelName = "tangent"
    public let summary = "moves on from the last checkpoint along the slope of the recent half of the checkpoints"
    public let anchor = PredictionAnchor.checkpoint
    public let rank: Int

    public init(rank: Int = 1) {
        precondition(rank >= 1, "A slope has at least one component; got rank \(rank).")
        self.rank = rank
    }

    public func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double] {
        var weights = try slopeWeights(over: gram)
        let last = gram.count - 1
        let distance = Double(target.value) - Double(gram.steps[last].value)
        for i in weights.indices { weights[i] *= distance }
        weights[last] += 1
        return weights
    }

    public func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double] {
        try requireCheckpoints(3, among: gram.count)
        let recent = gram.steps.suffix(Self.recentHalf(of: gram.count))
        guard let line = LeastSquares(recent) else { throw .constantResponse(model: name) }
        return [Double](repeating: 0, count: gram.count - recent.count) + line.slopeWeights
    }

    /// How many of `count` checkpoints are the recent half: `max(3, count / 2)`, halves rounded to even.
    static func recentHalf(of count: Int) -> Int {
        min(count, max(3, Int((Double(count) / 2).rounded(.toNearestOrEven))))
    }
}
