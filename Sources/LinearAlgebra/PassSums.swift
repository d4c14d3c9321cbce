import CKernels

/// What a pass counts over all entries of `D = checkpoint - base`. Squares are rounded to single precision and added up four by
/// four before they are added in double precision: each sum is exact to 3e-7.
public struct UpdateCensus: Equatable, Sendable {
    /// `||D||_F^2`, 0... .
    public let updateSquare: Double
    /// `||base||_F^2`, 0... .
    public let baseSquare: Double
    /// Entries whose two values have the same bits.
    public let identicalCount: Int
    /// Entries of D that are NaN or infinite in single precision.
    public let nonFiniteCount: Int
    /// The first of them, `row * columns + column`; nil where there is none.
    public let firstNonFinite: Int?
}

/// What one pass adds up, row by row or block by block: the same bits however the rows are cut into blocks, as long as each but
/// the last has a multiple of `blockAlignment` rows.
struct PassSums {
    /// Rows that the kernel sums in single precision before it adds them in double.
    static let blockAlignment = 64

    let rows: Int
    let columns: Int
    let count: Int
    let isForwardOnly: Bool
    let takesCensus: Bool
    /// `scale * D X`, column by column.
    private var images: [Double] = []
    /// `scale^2 * D^T D X`, column by column; empty where only images are asked for.
    var backward: [Double]
    var counts = alpharl_census()

    init(rows: Int, columns: Int, count: Int, isForwardOnly: Bool = false, takingCensus: Bool = false) {
        (self.rows, self.columns, self.count) = (rows, columns, count)
        self.isForwardOnly = isForwardOnly
        takesCensus = takingCensus
        backward = [Double](repeating: 0, count: isForwardOnly ? 0 : columns * count)
    }

    /// - Parameter part: the images of some rows, column by column.
    mutating func place(_ part: [Double], rows range: Range<Int>) {
        guard range != 0..<rows else {
            images = part
            return
        }
        if images.isEmpty { images = [Double](repeating: 0, count: rows * count) }
        for column in 0..<count {
            let start = column * rows + range.lowerBound
            images.replaceSubrange(
                start..<start + range.count, with: part[column * range.count..<(column + 1) * range.count])
        }
    }

    var forward: Matrix { Matrix(rows: rows, columns: count, elements: images) }

    /// Nil where none was asked for.
    var census: UpdateCensus? { takesCensus ? UpdateCensus(counts) : nil }

    var products: FusedPass.Products {
        FusedPass.Products(
            forward: forward, backward: Matrix(rows: columns, columns: count, elements: backward), census: census)
    }
}

extension UpdateCensus {
    fileprivate init(_ counts: alpharl_census) {
        self.init(
            updateSquare: counts.update_square, baseSquare: counts.base_square,
            identicalCount: Int(counts.identical_count), nonFiniteCount: Int(counts.non_finite_count),
            firstNonFinite: counts.non_finite_count > 0 ? Int(counts.first_non_finite_index) : nil)
    }
}
