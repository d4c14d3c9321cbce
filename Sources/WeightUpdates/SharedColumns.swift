import LinearAlgebra
import Vocabulary

/// The right vectors of one origin's directions, of which some are sums of others: an image `D v` is a column of a pass, and
/// that of a sum is the sum of the images.
struct SharedColumns {
    /// A vector of which less than this share of its length lies outside is a sum of the others: what is left is the
    /// rounding of its entries to single precision (about 3e-8), well below that of the pass itself.
    static let tolerance = 1e-6
    /// Largest sum of the magnitudes of the coefficients: each adds its column's rounding.
    static let largestWeight = 32.0

    /// Those that are needed, in the order of the vectors.
    private(set) var columns: [[Float]] = []
    /// For each vector, what it is made of.
    private(set) var sums: [[(column: Int, weight: Double)]] = []

    /// Cost: an inner product for each vector with each column before it.
    init(_ vectors: [[Float]]) {
        var basis = GrowingBasis()
        var members: [Int] = []
        for vector in vectors {
            let parts = basis.parts(
                products: members.map { LongVectors.product(columns[$0], vector) },
                square: LongVectors.product(vector, vector))
            let isInside = parts.outside <= Self.tolerance * Self.tolerance * (parts.inside + parts.outside)
            if isInside, parts.coefficients.reduce(0, { $0 + abs($1) }) <= Self.largestWeight {
                sums.append(zip(members, parts.coefficients).map { ($0, $1) })
                continue
            }
            sums.append([(columns.count, 1)])
            if !isInside {
                members.append(columns.count)
                basis.append(parts)
            }
            columns.append(vector)
        }
    }

    /// `<D, u v^T>` for each direction (u, v), from the images `D v` of these columns, rows x columns.
    func coordinates(of lefts: [[Float]], from images: Matrix) -> [Double] {
        let products = Matrix(rows: images.rows, columns: lefts).transposedTimes(images)
        return sums.enumerated().map { index, sum in sum.reduce(0) { $0 + $1.weight * products[index, $1.column] } }
    }
}
