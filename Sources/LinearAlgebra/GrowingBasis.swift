/// Linearly independent vectors, one after the other, known by their inner products alone.
///
/// The rows of the Cholesky factor of their Gram matrix, in double precision (Golub and Van Loan, Matrix Computations,
/// 4th ed., section 4.2). Which vectors are taken is for the caller to decide, from what each would add.
public struct GrowingBasis: Sendable {
    /// The lower triangle, row by row.
    private var rows: [[Double]] = []

    public init() {}

    public var count: Int { rows.count }

    /// A vector as a sum of the basis and of what lies outside.
    public struct Parts: Sendable {
        /// One for each vector of the basis: `sum coefficients[i] * basis[i]` is what lies inside.
        public let coefficients: [Double]
        /// The square of the length of what lies inside, and outside, 0...
        public let inside: Double
        public let outside: Double
        fileprivate let row: [Double]
    }

    /// - Parameters:
    ///   - products: `<basis[i], vector>`, one for each vector of the basis; `square`: `<vector, vector>`.
    /// Cost: `count^2`.
    public func parts(products: [Double], square: Double) -> Parts {
        precondition(products.count == count, "\(count) inner products expected; got \(products.count).")
        var row = products
        for i in rows.indices {
            for j in 0..<i { row[i] -= rows[i][j] * row[j] }
            row[i] /= rows[i][i]
        }
        var coefficients = row
        for i in rows.indices.reversed() {
            for j in (i + 1)..<count { coefficients[i] -= rows[j][i] * coefficients[j] }
            coefficients[i] /= rows[i][i]
        }
        let inside = row.reduce(0) { $0 + $1 * $1 }
        return Parts(coefficients: coefficients, inside: inside, outside: max(0, square - inside), row: row)
    }

    /// Adds the vector that these are the parts of.
    ///
    /// - Precondition: something of it lies outside.
    public mutating func append(_ parts: Parts) {
        precondition(
            parts.row.count == count && parts.outside > 0, "A vector that lies in the basis cannot be added to it.")
        rows.append(parts.row + [parts.outside.squareRoot()])
    }
}
