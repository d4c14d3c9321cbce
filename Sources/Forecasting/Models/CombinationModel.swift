import LinearAlgebra
import Vocabulary

/// A model whose forecast is a weighted sum of the observed rank-k parts, `P(T) = sum c_i M_i`, with weights that
/// are linear in T: it is fitted and judged from the Gram matrix, and vectors are read only to build its slope.
public protocol CombinationModel: TrajectoryModel {
    /// `c` at `target`, one weight for each checkpoint of the Gram matrix, in step order. For an anchored model the
    /// last checkpoint's own weight of 1 is included.
    func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double]

    /// `dc / dT`.
    func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double]
}

extension CombinationModel {
    public func weights(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> [Double] {
        try weights(over: trajectory.gram, at: target)
    }

    /// The weighted sum of the rank-k parts, truncated to rank k once, after differentiating.
    public func slope(of trajectory: ModuleTrajectory) throws(Abstention) -> LowRankMatrix {
        try sum(of: trajectory, weights: slopeWeights(over: trajectory.gram))
    }

    public func whole(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> WholePrediction? {
        guard anchor == .base else { return nil }
        return .lowRank(try sum(of: trajectory, weights: weights(over: trajectory.gram, at: target)))
    }

    private func sum(of trajectory: ModuleTrajectory, weights: [Double]) throws(Abstention) -> LowRankMatrix {
        let terms = zip(weights, trajectory.observations).flatMap { weight, observation in
            observation.factor.part(rank: rank).scaled(by: weight).components
        }
        // One triplet of each: their inner products are what the trajectory keeps.
        let grams = rank == 1 ? trajectory.gram.leadingProducts(of: trajectory.factors) : nil
        do {
            return try LowRankSum.truncate(terms, grams: grams, rank: rank)
        } catch {
            throw Abstention(error, model: name, module: trajectory.module.name)
        }
    }
}

extension TrajectoryGram {
    /// `<u_i, u_j>` and `<v_i, v_j>` of the first triplets of all updates that are not zero.
    func leadingProducts(of factors: [UpdateFactor]) -> (left: Matrix, right: Matrix) {
        let places = factors.indices.filter { !factors[$0].isZero }
        var left = Matrix(zeros: places.count, places.count), right = left
        for (i, from) in places.enumerated() {
            for (j, to) in places.enumerated() {
                (left[i, j], right[i, j]) = (entry(from, to).left, entry(from, to).right)
            }
        }
        return (left, right)
    }
}
