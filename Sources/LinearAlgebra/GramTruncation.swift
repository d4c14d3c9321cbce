/// The largest singular triplets of `A = L diag(w) R^T` found from the inner products of its vectors alone, which are
/// then read once to form the result: what `LowRankTruncation` gives, without a factorisation of the long matrices.
///
/// Right singular vectors are sought in the form `x = R a`. In these coordinates `A^T A` is
/// `diag(w) G_L diag(w) G_R`, and `a^T G_R b` is the inner product: subspace iteration with a Rayleigh-Ritz step
/// (Golub and Van Loan, Matrix Computations, 4th ed., section 8.2) on p x p matrices. Squares of singular values come out
/// with errors of some 1e-16 of the largest term's square, so that small values beside large terms that cancel are
/// not told from rounding: then there is no answer, and the caller takes the long way.
public enum GramTruncation {
    /// Smallest singular value, as a share of the largest term, whose relative error stays below 1e-9.
    static let smallestShare = 1e-3
    /// Directions that are iterated beyond those that are wanted.
    private static let extraColumns = 4
    private static let mostSteps = 300
    /// Change of the squares, relative, at which half of the steps are done.
    private static let tolerance = 1e-12

    /// At most `rank` triplets, largest first; nil where inner products cannot tell.
    ///
    /// - Parameters:
    ///   - leftGram: `<left_i, left_j>`; `rightGram`: `<right_i, right_j>`. p x p, exact to double rounding.
    /// - Precondition: as many vectors on either side as weights, and Gram matrices of that size.
    /// Cost: one pass over the vectors for each triplet, and about 10 p^2 rank operations a step.
    public static func truncate(
        left: [[Float]], weights: [Double], right: [[Float]], leftGram: Matrix, rightGram: Matrix, rank: Int
    ) throws(LinearAlgebraError) -> [LowRankTruncation.Component]? {
        let largest =
            weights.indices.map { index in
                abs(weights[index]) * (leftGram[index, index] * rightGram[index, index]).squareRoot()
            }.max() ?? 0
        guard rank > 0, largest > 0, largest.isFinite else { return nil }
        let scaled = scaling(leftGram, by: weights)
        guard let found = try triplets(of: scaled, metric: rightGram, rank: rank), found.squares.count == rank,
            let least = found.squares.last, least > (smallestShare * largest) * (smallestShare * largest)
        else { return nil }
        return form(found, left: left, weights: weights, right: right, rightGram: rightGram)
    }

    /// `diag(w) G diag(w)`.
    private static func scaling(_ gram: Matrix, by weights: [Double]) -> Matrix {
        var result = gram
        for column in 0..<gram.columns {
            for row in 0..<gram.rows { result[row, column] *= weights[row] * weights[column] }
        }
        return result
    }

    /// The largest eigenpairs of `metric S metric a = theta metric a`; nil without convergence.
    private static func triplets(
        of scaled: Matrix, metric: Matrix, rank: Int
    ) throws(LinearAlgebraError) -> (squares: [Double], coordinates: Matrix)? {
        let size = scaled.rows
        let width = min(size, rank + extraColumns)
        var block = start(size, width)
        var earlier = [Double](repeating: .infinity, count: rank)
        var end = mostSteps
        for step in 0..<mostSteps {
            // One step of the iteration, then the best within its span.
            block = scaled.times(metric.times(block))
            guard let pairs = try ritz(block, scaled, metric) else { return nil }
            block = pairs.block
            let squares = Array(pairs.squares.prefix(rank))
            guard squares.count == rank else { return nil }
            let change = zip(squares, earlier).map { abs($0 - $1) / squares[0] }.max() ?? 0
            // Squares converge twice as fast as directions: as many steps again.
            if change <= tolerance { end = min(end, 2 * step) }
            if step >= end { return (squares, block.columns(0..<rank)) }
            earlier = squares
        }
        return nil
    }

    private static func ritz(
        _ block: Matrix, _ scaled: Matrix, _ metric: Matrix
    ) throws(LinearAlgebraError) -> (squares: [Double], block: Matrix)? {
        let norms = (0..<block.columns).map { column in
            quadratic(block.columns(column..<column + 1), metric).squareRoot()
        }
        guard norms.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
        let unit = block.scalingColumns(by: norms.map { 1 / $0 })
        let image = metric.times(unit)
        let inner = unit.transposedTimes(image)
        // Columns that have become dependent are given up: the larger directions are in the others.
        let spread = try SymmetricEigen(of: inner)
        guard let most = spread.values.first, most > 0 else { return nil }
        let kept = spread.values.prefix { $0 > 1e-10 * most }.count
        let turn = spread.vectors.columns(0..<kept)
            .scalingColumns(by: spread.values.prefix(kept).map { 1 / $0.squareRoot() })
        let turned = image.times(turn)
        let eigen = try SymmetricEigen(of: turned.transposedTimes(scaled.times(turned)))
        return (eigen.values, unit.times(turn.times(eigen.vectors)))
    }

    private static func quadratic(_ column: Matrix, _ metric: Matrix) -> Double {
        column.transposedTimes(metric.times(column))[0, 0]
    }

    /// Fixed columns that are not orthogonal to anything in particular.
    private static func start(_ size: Int, _ width: Int) -> Matrix {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        let elements = (0..<size * width).map { _ -> Double in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53 - 0.5
        }
        return Matrix(rows: size, columns: width, elements: elements)
    }

    private static func form(
        _ found: (squares: [Double], coordinates: Matrix), left: [[Float]], weights: [Double], right: [[Float]],
        rightGram: Matrix
    ) -> [LowRankTruncation.Component] {
        let images = rightGram.times(found.coordinates)
        return found.squares.indices.map { index in
            // x = R a has unit norm, and A x = L diag(w) G_R a = sigma u.
            let unit = LongVectors.sum(
                right, weights: found.coordinates.column(index), count: right.first?.count ?? 0)
            let image = LongVectors.sum(
                left, weights: zip(weights, images.column(index)).map { $0 * $1 }, count: left.first?.count ?? 0)
            let value = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let norm = unit.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return LowRankTruncation.Component(
                value: value / norm, left: image.map { $0 / value }, right: unit.map { $0 / norm })
        }
    }
}
