import Checkpoints
import LinearAlgebra
import Vocabulary

/// The factor of an update by a full singular value decomposition of the dense difference: for as many triplets as one
/// likes, where `UpdateFactoriser` is made for a few.
public enum ExactFactorisation {
    /// The largest `rank` triplets of `checkpoint - base`, all converged.
    ///
    /// Values below `rows + columns` units in the last place of the largest are rounding of zero and are left out.
    /// Cost: about 20 m n min(m, n) operations and 40 bytes for each entry. Throws `.decomposition`, and `.nonFinite`
    /// with the position.
    ///
    /// - Precondition: both hold `module.rows * module.columns` numbers, row-major.
    public static func factor(
        module: Module, base: TensorValues, checkpoint: TensorValues, rank: Int
    ) throws(UpdateError) -> UpdateFactor {
        let update = UpdateMatrix(module: module, base: base, checkpoint: checkpoint)
        let census = try update.pass.census()
        try update.checkFinite(census)
        // Row-major rows x columns is column-major columns x rows: what is decomposed is the transpose.
        let transposed = Matrix(
            rows: module.columns, columns: module.rows,
            elements: zip(checkpoint.doubles(), base.doubles()).map { $0 - $1 })
        let svd = try decomposing(module.name) { () throws(LinearAlgebraError) in try SmallSVD(of: transposed) }
        let floor = (svd.values.first ?? 0) * Double(module.rows + module.columns) * Double.ulpOfOne
        let kept = svd.values.prefix(rank).prefix { $0 > floor }.count
        let triplets = (0..<kept).map {
            SingularTriplet(
                sigma: svd.values[$0], left: svd.right.column($0).map { Float($0) },
                right: svd.left.column($0).map { Float($0) }, residual: 0, hasConverged: true)
        }
        return UpdateFactor(
            triplets: SignConvention.apply(to: triplets, previous: nil),
            frobeniusNorm: transposed.elements.reduce(0) { $0 + $1 * $1 }.squareRoot(),
            baseNorm: census.baseSquare.squareRoot(),
            unchangedShare: Double(census.identicalCount) / Double(module.rows * module.columns), passes: 1)
    }
}
