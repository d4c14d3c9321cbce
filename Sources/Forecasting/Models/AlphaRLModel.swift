import LinearAlgebra
import Vocabulary

/// The paper's model, arXiv 2510.00553, section 4.1 and appendix E.
///
/// The left singular vectors, scaled to the update's whole norm (`a_i = f_i u_i`), are regressed on the response by
/// partial least squares with one component; the fit is inverted at the target and multiplied by the last right vector:
/// `P = a* v_n^T`. The response is the training step, or the accuracy where that is what a target is set for
/// (`AccuracyResponse`). `a*` is linear in the step, so the anchored form is `(da*/dT) v_n^T`.
public struct AlphaRLModel: TrajectoryModel {
    /// What becomes of the other ranks of the last update.
    public enum Residual: String, Hashable, Sendable {
        /// They go, as published: the update is replaced with `P`.
        case drop
        /// They stay: `D_n - M_n + P`, the anchored form up to the fit's own residual.
        case keep
    }

    public let name: ModelName = "alphaRL"
    public let summary = "partial least squares of the norm-rescaled left vectors on the step, as published"
    public let rank = 1
    /// Whether `a_i = f_i u_i` (as published) or `sigma_i u_i`.
    public let rescale: Bool
    public let residual: Residual
    /// Nil: the training step is the response.
    public let response: AccuracyResponse?

    public init(rescale: Bool = true, residual: Residual = .drop, response: AccuracyResponse? = nil) {
        self.rescale = rescale
        self.residual = residual
        self.response = response
    }

    public var anchor: PredictionAnchor { residual == .keep ? .checkpoint : .base }

    /// By the step, whatever the response: backtests ask for a movement per step.
    public func slope(of trajectory: ModuleTrajectory) throws(Abstention) -> LowRankMatrix {
        let fit = try fit(trajectory, to: nil)
        return try product(of: left(fit.regression.slopeWeights, fit.observations), trajectory)
    }

    public func whole(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> WholePrediction? {
        let fit = try fit(trajectory, to: response)
        var left = left(fit.regression.weights(at: goal(target)), fit.observations)
        guard residual == .keep else { return .lowRank(try product(of: left, trajectory)) }
        // M_n has the same right vector, so that P - M_n is of rank 1 as well.
        if let last = trajectory.last?.factor.triplets.first {
            for i in left.indices { left[i] -= last.sigma * Double(last.left[i]) }
        }
        return .movement(try product(of: left, trajectory))
    }

    /// Steps that are left out of the fit have the weight 0.
    public func weights(of trajectory: ModuleTrajectory, at target: TrainingStep) throws(Abstention) -> [Double] {
        let fit = try fit(trajectory, to: response)
        let known = Dictionary(
            uniqueKeysWithValues: zip(fit.observations.map(\.step), fit.regression.weights(at: goal(target))))
        return trajectory.steps.map { known[$0] ?? 0 }
    }

    /// R2 of the regression, 0...1. Reported, never used as evidence.
    public func rSquared(of trajectory: ModuleTrajectory) throws(Abstention) -> Double {
        try fit(trajectory, to: response).regression.rSquared
    }

    /// `y*`.
    private func goal(_ target: TrainingStep) -> Double { response?.target ?? Double(target.value) }
}

extension AlphaRLModel {
    private func fit(
        _ trajectory: ModuleTrajectory, to response: AccuracyResponse?
    ) throws(Abstention) -> (regression: PartialLeastSquares, observations: [Observation]) {
        let observations = trajectory.observations.filter { response?.values.keys.contains($0.step) ?? true }
        try requireCheckpoints(3, among: observations.count)
        let module = trajectory.module.name
        guard let last = trajectory.last, !last.factor.isZero else {
            throw .lastUpdateIsZero(model: name, module: module, step: trajectory.steps[trajectory.steps.count - 1])
        }
        guard observations.allSatisfy({ isFinite($0.factor) }) else { throw .notFinite(model: name, module: module) }
        let rows = observations.map { row(of: $0.factor, count: trajectory.module.rows) }
        let values = observations.map { response?.values[$0.step] ?? Double($0.step.value) }
        do {
            return (try PartialLeastSquares(rows: rows, response: values), observations)
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
        let scale = scale(of: factor)
        return first.left.map { scale * Double($0) }
    }

    private func scale(of factor: UpdateFactor) -> Double {
        rescale ? factor.frobeniusNorm : factor.triplets.first?.sigma ?? 0
    }

    private func isFinite(_ factor: UpdateFactor) -> Bool {
        factor.triplets.first.map { InnerProduct.of($0.left, $0.left).isFinite && scale(of: factor).isFinite } ?? true
    }

    /// `sum c_i a_i`.
    private func left(_ weights: [Double], _ observations: [Observation]) -> [Double] {
        let terms = zip(weights, observations).compactMap { weight, observation in
            observation.factor.triplets.first.map { (weight: weight * scale(of: observation.factor), left: $0.left) }
        }
        return LongVectors.sum(terms.map(\.left), weights: terms.map(\.weight), count: terms.first?.left.count ?? 0)
    }

    /// `left v_n^T` as one component.
    private func product(of left: [Double], _ trajectory: ModuleTrajectory) throws(Abstention) -> LowRankMatrix {
        let norm = InnerProduct.of(left, left).squareRoot()
        guard norm.isFinite else { throw .notFinite(model: name, module: trajectory.module.name) }
        guard norm > 0, let right = trajectory.last?.factor.triplets.first?.right else { return .zero }
        return LowRankMatrix([RankOneComponent(scale: norm, left: left.map { Float($0 / norm) }, right: right)])
    }
}
