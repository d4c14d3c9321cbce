import LinearAlgebra

/// The block Krylov space of `D^T D`, with what is known of D on it, and the Rayleigh-Ritz method.
///
/// The basis V (n x p) is orthonormal to float32 rounding and holds float32 numbers exactly, so that `Y = D V`
/// (m x p) and `Z = D^T Y` (n x p) are those of the basis itself and not of a rounded copy. All else is double.
/// Block Lanczos with full re-orthogonalisation; Golub and Van Loan, Matrix Computations, 4th ed., section 10.3.
struct KrylovSpace {
    /// Below this share of `theta_1`, what is left of a new direction is rounding of the single-precision pass.
    static let noise = 0x1p-23

    private(set) var basis: Matrix
    private var images: Matrix
    private var products: Matrix
    /// `V^T V` and `Y^T Y`.
    private var metric: Matrix
    private var energy: Matrix
    private var newest: Range<Int> = 0..<0
    /// The Ritz values before the newest block, largest first.
    private var earlier: [Double] = []

    /// The empty space.
    init(rows: Int, columns: Int) {
        basis = Matrix(zeros: columns, 0)
        images = Matrix(zeros: rows, 0)
        products = Matrix(zeros: columns, 0)
        metric = Matrix(zeros: 0, 0)
        energy = Matrix(zeros: 0, 0)
    }

    var dimension: Int { basis.columns }

    /// Adds a block of the basis with its `Y` and `Z`.
    mutating func add(_ block: Matrix, _ pass: FusedPass.Products) {
        newest = dimension..<dimension + block.columns
        basis = basis.appending(block)
        images = images.appending(pass.forward)
        products = products.appending(pass.backward)
        metric = metric.bordered(by: basis.transposedTimes(block))
        energy = energy.bordered(by: images.transposedTimes(pass.forward))
    }

    /// An orthonormal basis, in float32 numbers, of what `candidates` add to this space; columns whose remainder is
    /// at most `floor` are left out. No columns where nothing is left.
    func orthonormalised(_ candidates: Matrix, floor: Double) throws(LinearAlgebraError) -> Matrix {
        var rest = candidates
        for _ in 0..<2 { rest = removingBasis(from: rest) }
        let first = try QRFactorisation(of: rest)
        let svd = try SmallSVD(of: first.upper)
        let kept = min(svd.values.prefix { $0 > floor }.count, basis.rows - dimension)
        guard kept > 0 else { return Matrix(zeros: basis.rows, 0) }
        // What is left may be small against what was taken away: clean it again at its own scale.
        let directions = removingBasis(from: try first.applyingQ(to: svd.left.columns(0..<kept)))
        let second = try QRFactorisation(of: directions)
        return try second.applyingQ(to: Matrix(diagonal: [Double](repeating: 1, count: kept))).roundedToFloat
    }

    private func removingBasis(from matrix: Matrix) -> Matrix {
        guard dimension > 0 else { return matrix }
        return matrix.minus(basis.times(basis.transposedTimes(matrix)))
    }

    /// The next block: what `D^T D` times the newest one adds to the space. No columns where that is rounding alone.
    ///
    /// A product `D^T y` carries errors of about `noise * sigma_1 * ||y||`: each is measured against its own y.
    func nextBlock() throws(LinearAlgebraError) -> Matrix {
        let sizes = newest.map { energy[$0, $0].squareRoot() }
        let largest = (0..<dimension).map { energy[$0, $0] }.reduce(0, +).squareRoot()
        let scaled = products.columns(newest).scalingColumns(by: sizes.map { $0 > 0 ? 1 / $0 : 0 })
        return try orthonormalised(scaled, floor: KrylovSpace.noise * largest)
    }

    /// The `width` largest Ritz vectors: the block to start anew from where this space has nothing more to give.
    ///
    /// Cleared of the first singular vector, the smaller ones are seen without the rounding of its large products.
    func restartBlock(_ width: Int) throws(LinearAlgebraError) -> Matrix {
        let eigen = try SymmetricEigen(of: energy, metric: metric)
        let leading = basis.times(eigen.vectors.columns(0..<min(width, dimension)))
        return try KrylovSpace(rows: images.rows, columns: basis.rows).orthonormalised(leading, floor: 0)
    }

    /// A Ritz pair of `D^T D`: `sigma = ||D v||`, unit `right` = v and `left` = `D v / sigma`.
    struct RitzPair {
        let sigma: Double
        let left: [Double]
        let right: [Double]
        /// `||D^T D v - theta v|| / theta`, theta = sigma^2.
        let residual: Double
        /// An estimate of the relative error of `sigma`; see `SolverTolerances.sigma`.
        let sigmaError: Double
        /// What single precision adds to that error whatever the solver does: the image `D v` carries errors of
        /// about 2^-24 of `sigma_1`, of which the part along `left` counts (a quarter of it over the square root of
        /// the rows, in planted updates).
        let rounding: Double
    }

    /// The `count` largest Ritz pairs, largest first; fewer where the space is smaller. Those with
    /// `sigma <= floor * sigma_1` are left out. To be called once after each block: it remembers the values.
    mutating func ritzPairs(_ count: Int, floor: Double) throws(LinearAlgebraError) -> [RitzPair] {
        let eigen = try SymmetricEigen(of: energy, metric: metric)
        let weights = eigen.vectors.columns(0..<min(count, dimension))
        let rights = basis.times(weights), lefts = images.times(weights), backs = products.times(weights)
        let sigmas = lefts.columnNorms
        let thetas = sigmas.map { $0 * $0 }
        let defects = backs.minus(rights.scalingColumns(by: thetas)).columnNorms
        let largest = sigmas.max() ?? 0
        let next = eigen.values.dropFirst(count).first ?? 0
        let pairs = sigmas.indices.filter { sigmas[$0] > floor * largest }.map { index in
            let residual = defects[index] / thetas[index]
            let bound = residual * residual / max(1 - next / thetas[index], .leastNormalMagnitude)
            let change = index < earlier.count ? thetas[index] / earlier[index] - 1 : .infinity
            return RitzPair(
                sigma: sigmas[index], left: lefts.column(index).map { $0 / sigmas[index] },
                right: Array(rights.column(index)), residual: residual, sigmaError: min(bound, abs(change)) / 2,
                rounding: 0x1p-26 * largest / (sigmas[index] * Double(images.rows).squareRoot()))
        }
        earlier = eigen.values
        return pairs
    }
}

extension Matrix {
    /// The symmetric matrix with one more block: `cross` has all rows of the new columns.
    fileprivate func bordered(by cross: Matrix) -> Matrix {
        precondition(cross.rows == rows + cross.columns, "A border needs all rows of the larger matrix.")
        var result = Matrix(zeros: cross.rows, cross.rows)
        for column in 0..<columns {
            for row in 0..<rows { result[row, column] = self[row, column] }
        }
        for column in 0..<cross.columns {
            for row in 0..<cross.rows {
                result[row, rows + column] = cross[row, column]
                result[rows + column, row] = cross[row, column]
            }
        }
        return result
    }

    fileprivate var roundedToFloat: Matrix {
        Matrix(rows: rows, columns: columns, elements: elements.map { Double(Float($0)) })
    }
}
