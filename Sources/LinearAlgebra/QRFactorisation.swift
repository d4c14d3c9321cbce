import COpenBLAS

/// `A = Q R` by Householder reflections (LAPACK `dgeqrf`), for any shape m x n; `k = min(m, n)`.
///
/// Q stays in the form of reflectors and is applied, not formed (`dormqr`): for a few columns that is cheaper.
public struct QRFactorisation: Sendable {
    /// k x n, upper triangular (trapezoidal where m < n).
    public let upper: Matrix
    private let reflectors: Matrix
    private let scales: [Double]

    /// Cost: about 2 m n^2. Throws `.notFinite`.
    public init(of matrix: Matrix) throws(LinearAlgebraError) {
        guard matrix.isFinite else {
            throw .notFinite(operation: "QR factorisation", rows: matrix.rows, columns: matrix.columns)
        }
        let rank = min(matrix.rows, matrix.columns)
        var packed = matrix.elements
        var scales = [Double](repeating: 0, count: rank)
        if rank > 0 {
            BLASThreading.ensureOne()
            let info = unsafe packed.withUnsafeMutableBufferPointer { a in
                unsafe scales.withUnsafeMutableBufferPointer { tau in
                    unsafe LAPACKE_dgeqrf(
                        LAPACK_COL_MAJOR, blasSize(matrix.rows), blasSize(matrix.columns), a.baseAddress,
                        blasSize(matrix.rows), tau.baseAddress)
                }
            }
            try check(info, "QR factorisation", matrix)
        }
        reflectors = Matrix(rows: matrix.rows, columns: matrix.columns, elements: packed)
        self.scales = scales
        var upper = Matrix(zeros: rank, matrix.columns)
        for column in 0..<matrix.columns {
            for row in 0..<min(rank, column + 1) { upper[row, column] = reflectors[row, column] }
        }
        self.upper = upper
    }

    /// `Q C`: m x c for C of k x c. With the identity for C, the thin Q.
    public func applyingQ(to matrix: Matrix) throws(LinearAlgebraError) -> Matrix {
        let rows = reflectors.rows
        precondition(matrix.rows == scales.count, "Q has \(scales.count) columns; got \(matrix.rows) rows.")
        guard !scales.isEmpty, matrix.columns > 0 else { return Matrix(zeros: rows, matrix.columns) }
        guard matrix.isFinite else {
            throw .notFinite(operation: "product with Q", rows: matrix.rows, columns: matrix.columns)
        }
        var result = [Double](repeating: 0, count: rows * matrix.columns)
        for column in 0..<matrix.columns {
            result.replaceSubrange(column * rows..<column * rows + matrix.rows, with: matrix.column(column))
        }
        BLASThreading.ensureOne()
        let info = unsafe reflectors.elements.withUnsafeBufferPointer { a in
            unsafe scales.withUnsafeBufferPointer { tau in
                unsafe result.withUnsafeMutableBufferPointer { c in
                    unsafe LAPACKE_dormqr(
                        LAPACK_COL_MAJOR, Int8(bitPattern: UInt8(ascii: "L")), Int8(bitPattern: UInt8(ascii: "N")),
                        blasSize(rows), blasSize(matrix.columns), blasSize(scales.count), a.baseAddress, blasSize(rows),
                        tau.baseAddress, c.baseAddress, blasSize(rows))
                }
            }
        }
        try check(info, "product with Q", matrix)
        return Matrix(rows: rows, columns: matrix.columns, elements: result)
    }
}
