import Vocabulary

/// The paper's model, arXiv 2510.00553, section 4.1 and appendix E, with the training step as the response.
///
/// The left singular vectors, scaled to the update's whole norm (`a_i = f_i u_i`), are regressed on the step by partial
/// least squares with one component; the fit is inverted at the target and multiplied by the last right vector:
/// `P = a* v_n^T`. `a*` is linear in the step, so the anchored form is `(da*/dT) v_n^T`.
public struct AlphaRLModel: TrajectoryModel {
    public let name: ModelName = "alphaRL"
    public let summary = "partial least squares of the norm-rescaled left vectors on the step, as published"
    public let anchor = PredictionAnchor.base
    public let rank = 1
    /// Whether `a_i = f_i u_i` (as published) or `sigma_i u_i`.
    public let rescale: Bool

    public init(rescale: Bool = true) { self.rescale = rescale }

    public func slope(of trajectory: ModuleTrajectory) throws(Abstention) -> LowRankMatrix {
        let fit = try fit(trajectory)
        return try outer(fit.regression.slopeWeights, fit.direction, trajectory)
    }

    public func whole(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> WholePrediction? {
        let fit = try fit(trajectory)
        return .lowRank(try outer(fit.regression.weights(at: Double(target.value)), fit.direction, trajectory))
    }

    public func weights(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> [Double] {
        try fit(trajectory).regression.weights(at: Double(target.value))
    }

    /// R2 of the regression, 0...1. Reported, never used as evidence.
    public func rSquared(of trajectory: ModuleTrajectory) throws(Abstention) -> Double {
        try fit(trajectory).regression.rSquared
    }

    private func fit(
        _ trajectory: ModuleTrajectory
    ) throws(Abstention) -> (regression: PartialLeastSquares, direction: [Float]) {
        try requireCheckpoints(3, among: trajectory.observations.count)
        let module = trajectory.module.name
        guard let last = trajectory.last, let direction = last.factor.triplets.first?.right else {
            throw .lastUpdateIsZero(model: name, module: module, step: trajectory.steps[trajectory.steps.count - 1])
        }
        let rows = trajectory.observations.map { row(of: $0.factor, count: trajectory.module.rows) }
        guard rows.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { throw .notFinite(model: name, module: module) }
        do {
            let steps = trajectory.steps.map { Double($0.value) }
            return (try PartialLeastSquares(rows: rows, response: steps), direction)
        } catch {
            switch error {
            case .constantResponse: throw .constantResponse(model: name)
            case .scoreDoesNotFollowResponse: throw .scoreDoesNotFollowResponse(model: name, module: module)
            }
        }
    }

    /// `a_i`, m entries; zeros for an update that is zero.
    private func row(of factor: UpdateFactor, count: Int) -> [Double] {
        guard let first = factor.triplets.first else { return [Double](repeating: 0, count: count) }
        let scale = rescale ? factor.frobeniusNorm : first.sigma
        return first.left.map { scale * Double($0) }
    }

    /// `(sum c_i a_i) v^T` as one component.
    private func outer(
        _ weights: [Double], _ direction: [Float], _ trajectory: ModuleTrajectory
    ) throws(Abstention) -> LowRankMatrix {
        var left = [Double](repeating: 0, count: trajectory.module.rows)
        for (weight, observation) in zip(weights, trajectory.observations) {
            let row = row(of: observation.factor, count: left.count)
            for i in left.indices { left[i] += weight * row[i] }
        }
        let norm = InnerProduct.of(left, left).squareRoot()
        guard norm.isFinite else { throw .notFinite(model: name, module: trajectory.module.name) }
        guard norm > 0 else { return .zero }
        return LowRankMatrix([
            RankOneComponent(scale: norm, left: left.map { Float($0 / norm) }, right: direction)
        ])
    }
}
