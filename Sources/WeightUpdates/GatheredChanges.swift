import Checkpoints
import LinearAlgebra
import Vocabulary

/// The entries of one module's update that are not zero, gathered while its weights are read for the first time, block after block.
public struct GatheredChanges: Sendable {
    /// An update of which less than this share is the base's, bit for bit, is worked on as two whole matrices, which is faster
    /// then. Only speed depends on it, and the last bits.
    public static let leastUnchangedShare = 0.5

    /// Whether the first rows of both weights say that this form is the faster one.
    public static func arePreferred(
        for module: Module, after rows: (base: TensorValues, checkpoint: TensorValues)
    ) -> Bool {
        guard module.columns > 0, module.rows > 0 else { return false }
        let count = rows.base.count / module.columns
        let census = UpdateMatrix.pass(over: count, of: module, rows.base, rows.checkpoint).census()
        return Double(census.identicalCount) >= leastUnchangedShare * Double(count * module.columns)
    }

    let module: Module
    private(set) var gathering: ChangeGathering

    /// - Parameters:
    ///   - blockRows: rows of each block, 1... ; rounded up to a multiple of 64.
    ///   - bytes: the most that the entries may take; what has no room is read again in each pass.
    ///   - memory: where they lie.
    public init(
        _ module: Module, blockRows: Int, within bytes: Int, in memory: EntryMemory = EntryMemory()
    ) {
        self.module = module
        gathering = ChangeGathering(
            rows: module.rows, columns: module.columns, blockRows: blockRows, within: bytes, in: memory)
    }

    /// The rows that come next; nil after the last.
    public var nextRows: Range<Int>? { gathering.nextRows }

    /// Adds those rows of both weights.
    public mutating func add(base: TensorValues, checkpoint: TensorValues) {
        gathering.add(UpdateMatrix.pass(over: nextRows?.count ?? 0, of: module, base, checkpoint))
    }

    /// Of the rows so far, 0...1.
    public var unchangedShare: Double {
        let read = (nextRows?.lowerBound ?? module.rows) * module.columns
        return read > 0 ? Double(gathering.census.identicalCount) / Double(read) : 1
    }
}
