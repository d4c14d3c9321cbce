import COpenBLAS

/// The eigenpairs of a small symmetric matrix, or of a symmetric pair, largest eigenvalue first.
public struct SymmetricEigen: Sendable {
    /// Largest first.
    public let values: [Double]
    /// One eigenvector a column, in the order of `values`.
    public let vectors: Matrix

    /// `A x = lambda x` (LAPACK `dsyev`). Only the lower triangle of `matrix` is read; the vectors are orthonormal.
    ///
    /// - Precondition: `matrix` is square. Throws `.notFinite` and `.didNotConverge`.
    public init(of matrix: Matrix) throws(LinearAlgebraError) {
        try self.init(of: matrix, metric: Matrix(diagonal: [Double](repeating: 1, count: matrix.rows)))
    }

    /// `A x = lambda B x` with B positive definite (LAPACK `dsygv`); the vectors satisfy `x^T B x = 1`.
    ///
    /// - Precondition: both are square and of one size. Throws `.notFinite`, and `.didNotConverge` also where B is
    ///   not positive definite.
    public init(of matrix: Matrix, metric: Matrix) throws(LinearAlgebraError) {
        let size = matrix.rows
        precondition(
            matrix.columns == size && metric.rows == size && metric.columns == size,
            "Eigenvalues need square matrices; got \(size) x \(matrix.columns) and \(metric.rows) x \(metric.columns).")
        guard matrix.isFinite, metric.isFinite else {
            throw .notFinite(operation: "eigenvalue decomposition", rows: size, columns: size)
        }
        var ascending = [Double](repeating: 0, count: size)
        var vectors = matrix.elements
        if size > 0 {
            BLASThreading.ensureOne()
            var factor = metric.elements
            let info = unsafe vectors.withUnsafeMutableBufferPointer { a in
                unsafe factor.withUnsafeMutableBufferPointer { b in
                    unsafe ascending.withUnsafeMutableBufferPointer { w in
                        unsafe LAPACKE_dsygv(
                            LAPACK_COL_MAJOR, 1, Int8(bitPattern: UInt8(ascii: "V")),
                            Int8(bitPattern: UInt8(ascii: "L")), blasSize(size), a.baseAddress, blasSize(size),
                            b.baseAddress, blasSize(size), w.baseAddress)
                    }
                }
            }
            try check(info, "eigenvalue decomposition", matrix)
        }
        values = ascending.reversed()
        self.vectors = Matrix(
            rows: size, columns: size,
            elements: (0..<size).reversed().flatMap { vectors[$0 * size..<($0 + 1) * size] })
    }
}
