/// The best approximation, of a given rank, of a sum of weighted rank-1 matrices that is never formed.
///
/// `sum_j weight_j left_j right_j^T = L diag(w) R^T`; with `L = Q_L R_L`, `R = Q_R R_R` it is
/// `Q_L (R_L diag(w) R_R^T) Q_R^T`, and the singular value decomposition of the small matrix in the middle is that
/// of the whole (Eckart and Young). All in double precision. Source: method, section 3.
public enum LowRankTruncation {
    /// `weight * left right^T`; `left` and `right` need not be of unit norm.
    public typealias Term = (weight: Double, left: [Float], right: [Float])

    /// One singular triplet: `value` in 0..., `left` and `right` of unit norm.
    public struct Component: Equatable, Sendable {
        public let value: Double
        public let left: [Double]
        public let right: [Double]
    }

    /// At most `rank` components, largest value first; fewer where the sum has a smaller rank, none where it is zero.
    ///
    /// Values below `rows + columns` units in the last place of the largest term are rounding of zero and are left
    /// out: terms that cancel leave nothing.
    /// Cost: about `2 (m + n) p^2` for p terms. Throws `.notFinite` and `.didNotConverge`.
    public static func truncate(
        _ terms: [Term], rows: Int, columns: Int, rank: Int
    ) throws(LinearAlgebraError) -> [Component] {
        try truncate(
            left: Matrix(rows: rows, columns: terms.map(\.left)), weights: terms.map(\.weight),
            right: Matrix(rows: columns, columns: terms.map(\.right)), rank: rank)
    }

    /// The same for `left diag(weights) right^T`, `left` m x p and `right` n x p.
    ///
    /// - Precondition: as many weights as columns in each; `rank >= 0`.
    public static func truncate(
        left: Matrix, weights: [Double], right: Matrix, rank: Int
    ) throws(LinearAlgebraError) -> [Component] {
        precondition(left.columns == weights.count && right.columns == weights.count, "Every term needs its weight.")
        precondition(rank >= 0, "A rank cannot be negative; got \(rank).")
        let leftQR = try QRFactorisation(of: left), rightQR = try QRFactorisation(of: right)
        let weighted = leftQR.upper.scalingColumns(by: weights)
        let core = weighted.timesTransposed(rightQR.upper)
        let svd = try SmallSVD(of: core)
        let largest = zip(weighted.columnNorms, rightQR.upper.columnNorms).map { $0 * $1 }.max() ?? 0
        let floor = largest * Double(left.rows + right.rows) * Double.ulpOfOne
        let kept = svd.values.prefix(rank).prefix { $0 > floor }.count
        let lefts = try leftQR.applyingQ(to: svd.left.columns(0..<kept))
        let rights = try rightQR.applyingQ(to: svd.right.columns(0..<kept))
        return (0..<kept).map {
            Component(value: svd.values[$0], left: Array(lefts.column($0)), right: Array(rights.column($0)))
        }
    }
}
