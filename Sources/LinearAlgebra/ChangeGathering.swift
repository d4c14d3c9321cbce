/// Gathers the changed entries of an update while its rows are read for the first time, block after block, and takes the census.
public struct ChangeGathering: Sendable {
    public let rows: Int
    /// Of each block that is added but the last.
    public let blockRows: Int
    /// Of the first rows, as far as there was room.
    public private(set) var kept: ChangedEntries
    private var sums: PassSums
    private var next = 0

    /// - Parameters:
    ///   - blockRows: 1... ; rounded up to a multiple of `ChangedEntries.groupRows`.
    ///   - bytes: the most that the entries may take.
    public init(
        rows: Int, columns: Int, blockRows: Int, within bytes: Int = .max,
        in memory: EntryMemory = EntryMemory(), instructions: InstructionSet = .best
    ) {
        precondition(blockRows > 0, "A block has at least one row; got \(blockRows).")
        self.rows = rows
        self.blockRows = BlockedPass<Never>.aligned(blockRows)
        kept = ChangedEntries(rows: rows, columns: columns, within: bytes, in: memory, instructions: instructions)
        sums = PassSums(rows: rows, columns: columns, count: 0, isForwardOnly: true, takingCensus: true)
    }

    /// The rows that come next; nil after the last.
    public var nextRows: Range<Int>? { next < rows ? next..<min(rows, next + blockRows) : nil }

    /// Adds those rows. Cost: reads both matrices twice, the second time from the processor's cache where blocks are small.
    ///
    /// - Precondition: they are the `nextRows`.
    public mutating func add(_ pass: FusedPass) {
        precondition(
            pass.rows == nextRows?.count, "\(pass.rows) rows were added where \(nextRows?.count ?? 0) come next.")
        pass.add(to: &sums, with: [], firstRow: next)
        if kept.rows == next { _ = kept.append(pass) }
        next += pass.rows
    }

    /// Of the rows so far.
    public var census: UpdateCensus {
        guard let census = sums.census else { preconditionFailure("A census that was asked for is always taken.") }
        return census
    }
}
