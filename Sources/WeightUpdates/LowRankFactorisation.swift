import Checkpoints
import Vocabulary

/// The factor of a low-rank adapter's update `D = scale * B A`, exactly: QR of B and of A^T, and the singular value
/// decomposition of the small product between them. Source: method, section 1.
public enum LowRankFactorisation {
    /// The largest `rank` triplets of `scale * B A`, with the exact Frobenius norm; see `ProductUpdate`.
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
        try ProductUpdate(module: module, scale: scale, b: b, a: a, innerRank: innerRank, baseNorm: baseNorm)
            .factor(rank: rank, previous: previous)
    }
}
