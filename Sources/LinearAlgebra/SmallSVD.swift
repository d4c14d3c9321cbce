import COpenBLAS

/// The thin singular value decomposition `A = U diag(s) V^T` of a small dense matrix (LAPACK `dgesdd`).
public struct SmallSVD: Sendable {
    /// m x k with orthonormal columns, k = min(m, n).
    public let left: Matrix
    /// k numbers, largest first, 0... .
    public let values: [Double]
    /// n x k with orthonormal columns (V, not its transpose).
    public let right: Matrix

    /// Throws `.notFinite` and `.didNotConverge`. Cost: about 20 n^3.
    public init(of matrix: Matrix) throws(LinearAlgebraError) {
        let count = min(matrix.rows, matrix.columns)
        guard matrix.isFinite else {
            throw .notFinite(operation: "singular value decomposition", rows: matrix.rows, columns: matrix.columns)
        }
        guard count > 0 else {
            (left, values, right) = (Matrix(zeros: matrix.rows, 0), [], Matrix(zeros: matrix.columns, 0))
            return
        }
        var input = matrix.elements
        var values = [Double](repeating: 0, count: count)
        var left = [Double](repeating: 0, count: matrix.rows * count)
        var rightTransposed = [Double](repeating: 0, count: count * matrix.columns)
        BLASThreading.ensureOne()
        let info = unsafe input.withUnsafeMutableBufferPointer { a in
            unsafe values.withUnsafeMutableBufferPointer { s in
                unsafe left.withUnsafeMutableBufferPointer { u in
                    unsafe rightTransposed.withUnsafeMutableBufferPointer { vt in
                        unsafe LAPACKE_dgesdd(
                            LAPACK_COL_MAJOR, Int8(bitPattern: UInt8(ascii: "S")), blasSize(matrix.rows),
                            blasSize(matrix.columns), a.baseAddress, blasSize(matrix.rows), s.baseAddress,
                            u.baseAddress, blasSize(matrix.rows), vt.baseAddress, blasSize(count))
                    }
                }
            }
        }
        try check(info, "singular value decomposition", matrix)
        self.left = Matrix(rows: matrix.rows, columns: count, elements: left)
        self.values = values
        right = Matrix(rows: count, columns: matrix.columns, elements: rightTransposed).transposed
    }
}
