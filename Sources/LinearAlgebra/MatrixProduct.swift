import COpenBLAS

extension Matrix {
    /// `self * other` (`cblas_dgemm`).
    public func times(_ other: Matrix) -> Matrix {
        precondition(columns == other.rows, "\(rows) x \(columns) times \(other.rows) x \(other.columns).")
        return product(CblasNoTrans, rows, other, CblasNoTrans, other.columns, inner: columns)
    }

    /// `self^T * other`.
    public func transposedTimes(_ other: Matrix) -> Matrix {
        precondition(rows == other.rows, "(\(rows) x \(columns))^T times \(other.rows) x \(other.columns).")
        return product(CblasTrans, columns, other, CblasNoTrans, other.columns, inner: rows)
    }

    /// `self * other^T`.
    public func timesTransposed(_ other: Matrix) -> Matrix {
        precondition(columns == other.columns, "\(rows) x \(columns) times (\(other.rows) x \(other.columns))^T.")
        return product(CblasNoTrans, rows, other, CblasTrans, other.rows, inner: columns)
    }

    public func minus(_ other: Matrix) -> Matrix {
        precondition(rows == other.rows && columns == other.columns, "A difference needs two matrices of one shape.")
        var difference = elements
        BLASThreading.ensureOne()
        unsafe other.elements.withUnsafeBufferPointer { right in
            unsafe difference.withUnsafeMutableBufferPointer { left in
                unsafe cblas_daxpy(blasSize(left.count), -1, right.baseAddress, 1, left.baseAddress, 1)
            }
        }
        return Matrix(rows: rows, columns: columns, elements: difference)
    }

    /// The Euclidean norm of each column.
    public var columnNorms: [Double] {
        (0..<columns).map { index in
            unsafe column(index).withUnsafeBufferPointer { unsafe cblas_dnrm2(blasSize($0.count), $0.baseAddress, 1) }
        }
    }

    private func product(
        _ operation: CBLAS_TRANSPOSE, _ height: Int, _ other: Matrix, _ otherOperation: CBLAS_TRANSPOSE, _ width: Int,
        inner: Int
    ) -> Matrix {
        guard height > 0, width > 0, inner > 0 else { return Matrix(zeros: height, width) }
        BLASThreading.ensureOne()
        var result = [Double](repeating: 0, count: height * width)
        unsafe elements.withUnsafeBufferPointer { left in
            unsafe other.elements.withUnsafeBufferPointer { right in
                unsafe result.withUnsafeMutableBufferPointer { out in
                    unsafe cblas_dgemm(
                        CblasColMajor, operation, otherOperation, blasSize(height), blasSize(width), blasSize(inner), 1,
                        left.baseAddress, blasSize(rows), right.baseAddress, blasSize(other.rows), 0, out.baseAddress,
                        blasSize(height))
                }
            }
        }
        return Matrix(rows: height, columns: width, elements: result)
    }
}

/// A size as BLAS and LAPACK take it.
func blasSize(_ value: Int) -> Int32 {
    guard let size = Int32(exactly: value) else { preconditionFailure("BLAS counts in 32 bits; got \(value).") }
    return size
}

/// Traps where LAPACK refuses an argument (our bug), throws where it did not converge (the matrix).
func check(_ info: Int32, _ operation: String, _ matrix: Matrix) throws(LinearAlgebraError) {
    precondition(info >= 0, "\(operation) was called wrongly: LAPACK refuses argument \(-info).")
    guard info > 0 else { return }
    throw .didNotConverge(operation: operation, rows: matrix.rows, columns: matrix.columns, info: Int(info))
}
