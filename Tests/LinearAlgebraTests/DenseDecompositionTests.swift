import LinearAlgebra
import TestSupport
import Testing

/// Residuals over (size * ulp * norm), LAPACK's own measure of a decomposition: below 10 for a correct one.
@Suite struct DenseDecompositionTests {
    static func random(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix {
        var random = NumericsGenerator(seed: seed)
        return Matrix(rows: rows, columns: columns, elements: random.normals(rows * columns))
    }

    static func identity(_ size: Int) -> Matrix { Matrix(diagonal: [Double](repeating: 1, count: size)) }

    static func norm(_ matrix: Matrix) -> Double { matrix.columnNorms.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    static func ratio(_ defect: Matrix, against norm: Double, size: Int) -> Double {
        Self.norm(defect) / (Double(size) * Double.ulpOfOne * max(norm, .leastNormalMagnitude))
    }

    static let shapes = [(1, 1), (1, 7), (7, 1), (5, 3), (3, 5), (40, 40), (90, 12), (12, 90)]

    @Test(arguments: shapes) func theSingularValueDecompositionGivesTheMatrixBack(rows: Int, columns: Int) throws {
        let matrix = Self.random(rows, columns)
        let svd = try SmallSVD(of: matrix)
        let product = svd.left.scalingColumns(by: svd.values).timesTransposed(svd.right)
        let size = max(rows, columns), count = min(rows, columns)
        #expect(Self.ratio(product.minus(matrix), against: Self.norm(matrix), size: size) < 10)
        #expect(Self.ratio(svd.left.transposedTimes(svd.left).minus(Self.identity(count)), against: 1, size: size) < 10)
        #expect(
            Self.ratio(svd.right.transposedTimes(svd.right).minus(Self.identity(count)), against: 1, size: size) < 10)
        #expect(svd.values == svd.values.sorted(by: >))
    }

    @Test(arguments: shapes) func theQRFactorisationGivesTheMatrixBack(rows: Int, columns: Int) throws {
        let matrix = Self.random(rows, columns, seed: 2)
        let qr = try QRFactorisation(of: matrix)
        let count = min(rows, columns), size = max(rows, columns)
        let q = try qr.applyingQ(to: Self.identity(count))
        #expect(Self.ratio(q.transposedTimes(q).minus(Self.identity(count)), against: 1, size: size) < 10)
        let product = try qr.applyingQ(to: qr.upper)
        #expect(Self.ratio(product.minus(matrix), against: Self.norm(matrix), size: size) < 10)
        for column in 0..<columns {
            for row in min(column + 1, count)..<count { #expect(qr.upper[row, column] == 0) }
        }
    }

    @Test(arguments: [1, 2, 9, 40]) func eigenpairsSatisfyTheirEquationLargestFirst(size: Int) throws {
        let factor = Self.random(size, size, seed: 3)
        let matrix = factor.transposedTimes(factor)
        let eigen = try SymmetricEigen(of: matrix)
        let defect = matrix.times(eigen.vectors).minus(eigen.vectors.scalingColumns(by: eigen.values))
        #expect(Self.ratio(defect, against: Self.norm(matrix), size: size) < 10)
        #expect(eigen.values == eigen.values.sorted(by: >))
        let metricFactor = Self.random(size, size, seed: 4)
        let metric = metricFactor.transposedTimes(metricFactor).minus(
            Self.identity(size).scalingColumns(by: [Double](repeating: -1, count: size)))
        let pair = try SymmetricEigen(of: matrix, metric: metric)
        let image = metric.times(pair.vectors)
        let pairDefect = matrix.times(pair.vectors).minus(image.scalingColumns(by: pair.values))
        #expect(Self.ratio(pairDefect, against: Self.norm(matrix), size: size) < 10)
        #expect(
            Self.ratio(
                pair.vectors.transposedTimes(image).minus(Self.identity(size)), against: Self.norm(metric), size: size)
                < 10)
    }

    @Test func productsAgreeWithTheirDefinition() {
        let left = Self.random(4, 3, seed: 5), right = Self.random(3, 5, seed: 6)
        let product = left.times(right)
        for row in 0..<4 {
            for column in 0..<5 {
                let exact = (0..<3).reduce(0.0) { $0 + left[row, $1] * right[$1, column] }
                #expect(abs(product[row, column] - exact) <= 4 * Double.ulpOfOne * 3)
                #expect(abs(left.transposed.transposedTimes(right)[row, column] - exact) <= 4 * Double.ulpOfOne * 3)
                #expect(abs(left.timesTransposed(right.transposed)[row, column] - exact) <= 4 * Double.ulpOfOne * 3)
            }
        }
        #expect(Matrix(zeros: 4, 0).times(Matrix(zeros: 0, 5)) == Matrix(zeros: 4, 5))
    }

    @Test(arguments: [Double.nan, .infinity]) func aMatrixThatIsNotFiniteIsRefusedNotDecomposed(bad: Double) {
        var matrix = Self.random(3, 3)
        matrix[1, 2] = bad
        let broken = matrix
        #expect(throws: LinearAlgebraError.self) { try SmallSVD(of: broken) }
        #expect(throws: LinearAlgebraError.self) { try QRFactorisation(of: broken) }
        #expect(throws: LinearAlgebraError.self) { try SymmetricEigen(of: broken) }
    }

    @Test func aMetricThatIsNotPositiveIsAnErrorNotATrap() {
        let negative = Matrix(diagonal: [1, -1])
        #expect(throws: LinearAlgebraError.self) { try SymmetricEigen(of: Self.identity(2), metric: negative) }
    }

    @Test func emptyMatricesHaveEmptyDecompositions() throws {
        #expect(try SmallSVD(of: Matrix(zeros: 5, 0)).values.isEmpty)
        #expect(try QRFactorisation(of: Matrix(zeros: 5, 0)).applyingQ(to: Matrix(zeros: 0, 0)) == Matrix(zeros: 5, 0))
        #expect(try SymmetricEigen(of: Matrix(zeros: 0, 0)).values.isEmpty)
    }

    @Test func theBLASSaysWhatItIs() { #expect(BLASInformation.description.contains("OpenBLAS")) }
}
