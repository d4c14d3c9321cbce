/// Sweeps over an update whose two matrices come in blocks of rows: in one that lies in memory, or in several that each sweep
/// reads anew, where memory is too small for all of them. The results have the same bits either way.
public struct BlockedPass<Failure: Error>: UpdatePass {
    public let rows: Int
    public let columns: Int
    private let blockRows: Int
    private let load: @Sendable (Range<Int>) throws(Failure) -> FusedPass

    /// - Parameters:
    ///   - blockRows: rows of one block, 1...; rounded up to a multiple of 64.
    ///   - load: those rows of both matrices.
    public init(
        rows: Int, columns: Int, blockRows: Int, load: @escaping @Sendable (Range<Int>) throws(Failure) -> FusedPass
    ) {
        precondition(blockRows > 0, "A block has at least one row; got \(blockRows).")
        (self.rows, self.columns, self.load) = (rows, columns, load)
        self.blockRows = Self.aligned(blockRows)
    }

    /// Both matrices in memory.
    public init(_ pass: FusedPass) {
        self.init(rows: pass.rows, columns: pass.columns, blockRows: max(1, pass.rows)) { _ throws(Failure) in pass }
    }

    /// The next multiple of the rows that are summed up together.
    public static func aligned(_ rows: Int) -> Int {
        (rows + PassSums.blockAlignment - 1) / PassSums.blockAlignment * PassSums.blockAlignment
    }

    public func products(
        with directions: [Float], count: Int, scale: Float = 1, takingCensus: Bool = false
    ) throws(Failure) -> FusedPass.Products {
        var sums = PassSums(rows: rows, columns: columns, count: count, takingCensus: takingCensus)
        try add(to: &sums, directions, scale)
        return sums.products
    }

    public func forward(_ directions: [Float], count: Int) throws(Failure) -> Matrix {
        var sums = PassSums(rows: rows, columns: columns, count: count, isForwardOnly: true)
        try add(to: &sums, directions, 1)
        return sums.forward
    }

    public func census() throws(Failure) -> UpdateCensus {
        var sums = PassSums(rows: rows, columns: columns, count: 0, isForwardOnly: true, takingCensus: true)
        try add(to: &sums, [], 1)
        guard let census = sums.census else { preconditionFailure("A census that was asked for is always taken.") }
        return census
    }

    private func add(to sums: inout PassSums, _ directions: [Float], _ scale: Float) throws(Failure) {
        for first in stride(from: 0, to: max(1, rows), by: blockRows) {
            try load(first..<min(rows, first + blockRows))
                .add(to: &sums, with: directions, scale: scale, firstRow: first)
        }
    }
}
