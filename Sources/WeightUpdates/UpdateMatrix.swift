import Checkpoints
import LinearAlgebra
import Vocabulary

/// The update `D = checkpoint - base` of one module, `rows` x `columns`, which is never formed.
public struct UpdateMatrix: Sendable {
    public let module: Module
    let pass: any UpdatePass<UpdateError>
    /// Bit for bit the base: found out at the first difference, which is early in a weight that was trained.
    let isUnchanged: Bool

    /// An update whose matrices are in memory.
    ///
    /// - Precondition: both hold `module.rows * module.columns` numbers, row-major; the types may differ.
    public init(module: Module, base: TensorValues, checkpoint: TensorValues) {
        self.module = module
        pass = BlockedPass<UpdateError>(Self.pass(over: module.rows, of: module, base, checkpoint))
        isUnchanged = base.isIdentical(to: checkpoint)
    }

    /// An update whose matrices are too large for the memory there is: each pass reads both anew, `blockRows` (1..., rounded up to
    /// a multiple of 64) rows at a time. The same results to the last bit.
    ///
    /// - Parameters:
    ///   - isUnchanged: whether the two are bit for bit the same.
    ///   - read: those rows of both. What it throws is thrown by all that needs a pass, as `UpdateError.unreadable`.
    public init(
        module: Module, blockRows: Int, isUnchanged: Bool,
        read: @escaping @Sendable (Range<Int>) throws(CheckpointError) -> (base: TensorValues, checkpoint: TensorValues)
    ) {
        self.module = module
        self.isUnchanged = isUnchanged
        pass = BlockedPass<UpdateError>(
            rows: module.rows, columns: module.columns, blockRows: blockRows, load: Self.loader(module, read))
    }

    /// An update of which only the entries are held that are not the base's, as they were gathered. Rows that it had no room
    /// for are read again in each pass.
    ///
    /// - Parameter read: those rows of both. What it throws is thrown by all that needs a pass, as `UpdateError.unreadable`.
    public init(
        _ changes: GatheredChanges,
        read: @escaping @Sendable (Range<Int>) throws(CheckpointError) -> (base: TensorValues, checkpoint: TensorValues)
    ) {
        module = changes.module
        isUnchanged = changes.unchangedShare == 1
        pass = ChangedPass<UpdateError>(changes.gathering, load: Self.loader(module, read))
    }

    private static func loader(
        _ module: Module,
        _ read:
            @escaping @Sendable (Range<Int>) throws(CheckpointError) -> (
                base: TensorValues, checkpoint: TensorValues
            )
    ) -> @Sendable (Range<Int>) throws(UpdateError) -> FusedPass {
        { rows throws(UpdateError) in
            do throws(CheckpointError) {
                let values = try read(rows)
                return pass(over: rows.count, of: module, values.base, values.checkpoint)
            } catch { throw .unreadable(module: module.name, error) }
        }
    }

    /// The most rows of a block, at most `fitting` where that is 64 or more.
    public static func blockRows(fitting rows: Int) -> Int { BlockedPass<UpdateError>.aligned(max(1, rows - 63)) }

    static func pass(
        over rows: Int, of module: Module, _ base: TensorValues, _ checkpoint: TensorValues
    ) -> FusedPass {
        FusedPass(
            rows: rows, columns: module.columns, base: StoredElements(base), checkpoint: StoredElements(checkpoint))
    }

    /// `<D, u v^T>` for each direction, whose scale is ignored: `u` and `v` are used exactly as stored.
    ///
    /// Accurate to 1e-6 of `||D||_F`. Cost: one pass over both matrices for all directions together, with a column for each
    /// `v` that is no sum of others of its group; none for a weight that is the base's. Throws `.unreadable`.
    ///
    /// - Precondition: the vectors have the module's sizes.
    public func coordinates(along groups: [[RankOneComponent]]) throws(UpdateError) -> [[Double]] {
        precondition(
            groups.joined().allSatisfy { $0.left.count == module.rows && $0.right.count == module.columns },
            "Every direction for \(module.name) needs \(module.rows) and \(module.columns) numbers.")
        guard !isUnchanged else { return groups.map { $0.map { _ in 0 } } }
        let shared = groups.map { SharedColumns($0.map(\.right)) }
        let columns = shared.flatMap(\.columns)
        guard !columns.isEmpty else { return groups.map { $0.map { _ in 0 } } }
        let images = try pass.forward(columns.flatMap { $0 }, count: columns.count)
        var taken = 0
        return zip(groups, shared).map { group, shared in
            defer { taken += shared.columns.count }
            return shared.coordinates(
                of: group.map(\.left), from: images.columns(taken..<taken + shared.columns.count))
        }
    }

    /// Throws `.nonFinite` with the position of the first entry that is not finite.
    func checkFinite(_ census: UpdateCensus) throws(UpdateError) {
        guard let first = census.firstNonFinite else { return }
        throw .nonFinite(
            module: module.name, count: census.nonFiniteCount, row: first / module.columns,
            column: first % module.columns)
    }
}

extension StoredElements {
    /// The same numbers in the same storage.
    init(_ values: TensorValues) {
        switch values {
        case .bfloat16(let bits): self = .bfloat16(bits)
        case .float16(let bits): self = .float16(bits)
        case .float32(let numbers): self = .float32(numbers)
        case .float64(let numbers): self = .float64(numbers)
        }
    }
}
