import Checkpoints
import LinearAlgebra
import Vocabulary

/// The factor of a low-rank adapter's update `D = scale * B A`, exactly: QR of B and of A^T, and the singular value
/// decomposition of the small product between them. Source: method, section 1.
public enum LowRankFactorisation {
    /// The largest `rank` triplets of `scale * B A`, with the exact Frobenius norm; all of them have converged.
    ///
    /// - `b`: B, `module.rows` x `innerRank`, row-major; `a`: A, `innerRank` x `module.columns`, row-major.
    /// - `baseNorm`: `||W_0||_F`, 0...; `previous` decides the signs.
    /// - Precondition: the counts agree; `scale` is finite.
    ///
    /// Throws `.nonFinite` with the position in B or A (in B first). Cost: about `2 (m + n) r^2`.
    public static func factor(
        module: Module, scale: Double, b: TensorValues, a: TensorValues, innerRank: Int, rank: Int, baseNorm: Double,
        previous: UpdateFactor? = nil
    ) throws(UpdateError) -> UpdateFactor {
        precondition(
            b.count == module.rows * innerRank && a.count == innerRank * module.columns && scale.isFinite,
            "\(module.name) needs B of \(module.rows) x \(innerRank) and A of \(innerRank) x \(module.columns).")
        let left = StoredElements(b).doubles, right = StoredElements(a).doubles
        try checkFinite(left, columns: innerRank, module)
        try checkFinite(right, columns: module.columns, module)
        let components = try decomposing(module.name) { () throws(LinearAlgebraError) in
            try LowRankTruncation.truncate(
                left: Matrix(rows: innerRank, columns: module.rows, elements: left).transposed,
                weights: [Double](repeating: scale, count: innerRank),
                right: Matrix(rows: module.columns, columns: innerRank, elements: right), rank: innerRank)
        }
        let triplets = components.prefix(rank).map {
            SingularTriplet(
                sigma: $0.value, left: $0.left.map(Float.init), right: $0.right.map(Float.init), residual: 0,
                hasConverged: true)
        }
        return UpdateFactor(
            triplets: SignConvention.apply(to: triplets, previous: previous),
            frobeniusNorm: components.reduce(0) { $0 + $1.value * $1.value }.squareRoot(), baseNorm: baseNorm,
            unchangedShare: components.isEmpty ? 1 : 0, passes: 1)
    }

    private static func checkFinite(_ values: [Double], columns: Int, _ module: Module) throws(UpdateError) {
        guard let first = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw .nonFinite(
            module: module.name, count: values.count { !$0.isFinite }, row: first / columns, column: first % columns)
    }
}
