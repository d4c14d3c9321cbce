/// Sweeps over an update of which only the entries that changed are held: all of them, or those of the first rows, with the rest
/// gathered anew in each sweep where memory is too small. The results have the same bits either way.
///
/// They are those of `BlockedPass` but for rounding, which is of the same size. Cost of a sweep with a few vectors where a quarter
/// of the entries changed: about that of one over both matrices; with forty, forth only, a third.
public struct ChangedPass<Failure: Error>: UpdatePass {
    public let rows: Int
    public let columns: Int
    private let kept: ChangedEntries
    private let counted: UpdateCensus
    private let blockRows: Int
    private let instructions: InstructionSet
    private let load: @Sendable (Range<Int>) throws(Failure) -> FusedPass

    /// - Parameters:
    ///   - changes: of all rows.
    ///   - load: rows of both matrices, those that were not kept.
    public init(
        _ changes: ChangeGathering, instructions: InstructionSet = .best,
        load: @escaping @Sendable (Range<Int>) throws(Failure) -> FusedPass
    ) {
        precondition(changes.nextRows == nil, "Rows \(changes.nextRows ?? 0..<0) were not gathered yet.")
        (rows, columns, kept) = (changes.rows, changes.kept.columns, changes.kept)
        (counted, blockRows) = (changes.census, changes.blockRows)
        (self.instructions, self.load) = (instructions, load)
    }

    public func products(
        with directions: [Float], count: Int, scale: Float, takingCensus: Bool
    ) throws(Failure) -> FusedPass.Products {
        let sums = try sweep(directions, count, scale, isForwardOnly: false)
        return FusedPass.Products(
            forward: sums.forward, backward: sums.backward, census: takingCensus ? counted : nil)
    }

    public func forward(_ directions: [Float], count: Int) throws(Failure) -> Matrix {
        try sweep(directions, count, 1, isForwardOnly: true).forward
    }

    /// Known already: no sweep.
    public func census() throws(Failure) -> UpdateCensus { counted }

    private func sweep(
        _ directions: [Float], _ count: Int, _ scale: Float, isForwardOnly: Bool
    ) throws(Failure) -> ChangedSums {
        var sums = ChangedSums(
            rows: rows, columns: columns, directions: directions, count: count, scale: scale,
            isForwardOnly: isForwardOnly, instructions: instructions)
        kept.add(to: &sums, firstRow: 0)
        guard kept.rows < rows else { return sums }
        var block = ChangedEntries(rows: blockRows, columns: columns, instructions: instructions)
        for first in stride(from: kept.rows, to: rows, by: blockRows) {
            block.removeAll()
            let hasRoom = block.append(try load(first..<min(rows, first + blockRows)))
            precondition(hasRoom, "A block that was made for \(blockRows) rows holds them.")
            block.add(to: &sums, firstRow: first)
        }
        return sums
    }
}
