import LinearAlgebra
import Vocabulary

/// Weighted sums of low-rank matrices, cut back to a low rank: QR of the stacked factors and a small SVD, so that the
/// m x n matrix is never formed (method, section 3). Double precision inside; the unit vectors of the result are
/// rounded to float32.
enum LowRankSum {
    /// The best rank-`rank` approximation of `sum weight * matrix`, largest component first; fewer components where the
    /// sum has a smaller rank, none where it is zero.
    ///
    /// Throws `LinearAlgebraError` for numbers that are not finite. Cost: O((m + n) r^2) for r components in all.
    static func truncate(
        _ terms: [(weight: Double, matrix: LowRankMatrix)], rank: Int
    ) throws(LinearAlgebraError) -> LowRankMatrix {
        let stacked = terms.flatMap { term in term.matrix.scaled(by: term.weight).components }.filter { $0.scale != 0 }
        guard let first = stacked.first else { return .zero }
        let components = try LowRankTruncation.truncate(
            stacked.map { (weight: $0.scale, left: $0.left, right: $0.right) }, rows: first.left.count,
            columns: first.right.count, rank: rank)
        return LowRankMatrix(
            components.map {
                RankOneComponent(scale: $0.value, left: $0.left.map(Float.init), right: $0.right.map(Float.init))
            })
    }
}
