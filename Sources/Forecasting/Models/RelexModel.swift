import LinearAlgebra
import Vocabulary

/// RELEX, arXiv 2605.21468, on rank-k parts: the direction that the observed parts share, scaled by a line.
///
/// The direction is the first principal one of the parts, uncentred: with `e` the top eigenvector of `G`, it is
/// `sum e_i M_i / sqrt(lambda)`, and the coefficient of `M_i` along it is `sqrt(lambda) e_i`. A line through the
/// coefficients at T times the direction gives `c_i = line_T(e) e_i`, whatever the sign of `e`.
public struct RelexModel: CombinationModel {
    public let name: ModelName = "relex"
    public let summary = "the direction that all updates share, scaled by a straight line"
    public let anchor = PredictionAnchor.base
    public let rank: Int

    public init(rank: Int = 1) {
        precondition(rank >= 1, "A slope has at least one component; got rank \(rank).")
        self.rank = rank
    }

    public func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double] {
        let (line, shared) = try fit(gram)
        let coefficient = InnerProduct.of(line.weights(at: target), shared)
        return shared.map { $0 * coefficient }
    }

    public func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double] {
        let (line, shared) = try fit(gram)
        let rate = InnerProduct.of(line.slopeWeights, shared)
        return shared.map { $0 * rate }
    }

    /// The line over the steps, and `e`; zeros where all parts are zero.
    private func fit(_ gram: TrajectoryGram) throws(Abstention) -> (LeastSquares, [Double]) {
        try requireCheckpoints(3, among: gram.count)
        guard let line = LeastSquares(gram.steps) else { throw .constantResponse(model: name) }
        let entries = gram.matrix(rank: rank).flatMap { $0 }
        guard entries.contains(where: { $0 != 0 }) else { return (line, gram.steps.map { _ in 0 }) }
        do {
            let eigen = try SymmetricEigen(of: Matrix(rows: gram.count, columns: gram.count, elements: entries))
            return (line, Array(eigen.vectors.column(0)))
        } catch {
            throw Abstention(error, model: name, module: nil)
        }
    }
}
