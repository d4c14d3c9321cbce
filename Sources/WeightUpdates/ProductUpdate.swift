import Checkpoints
import LinearAlgebra
import Vocabulary

/// The update `D = scale * B A` of an adapter, which is never formed: everything that is asked of it is exact from the two
/// thin matrices, in double precision.
public struct ProductUpdate: ObservedUpdate {
    public let module: Module
    private let scale: Double
    /// B, `rows` x r.
    private let left: Matrix
    /// A transposed, `columns` x r.
    private let right: Matrix
    /// `||W_0||_F`, 0...
    private let baseNorm: Double
    private let problem: UpdateError?

    /// - `b`: B, `module.rows` x `innerRank`, row-major; `a`: A, `innerRank` x `module.columns`, row-major; `innerRank` in
    ///   0..., 0 for a module that the adapter leaves alone.
    /// - Precondition: the counts agree; `scale` is finite.
    public init(
        module: Module, scale: Double, b: TensorValues, a: TensorValues, innerRank: Int, baseNorm: Double
    ) {
        precondition(
            b.count == module.rows * innerRank && a.count == innerRank * module.columns && scale.isFinite,
            "\(module.name) needs B of \(module.rows) x \(innerRank) and A of \(innerRank) x \(module.columns).")
        self.module = module
        self.scale = scale
        self.baseNorm = baseNorm
        let up = StoredElements(b).doubles, down = StoredElements(a).doubles
        problem = Self.problem(up, columns: innerRank, module) ?? Self.problem(down, columns: module.columns, module)
        left = Matrix(rows: innerRank, columns: module.rows, elements: up).transposed
        right = Matrix(rows: module.columns, columns: innerRank, elements: down)
    }

    /// Throws `.nonFinite` with the position in B or A (in B first). Cost: about `2 (m + n) r^2`.
    public func factor(
        by factoriser: UpdateFactoriser, startingFrom previous: UpdateFactor?, isCancelled: () -> Bool
    ) throws(UpdateError) -> UpdateFactor {
        guard !isCancelled() else { throw .cancelled(module: module.name) }
        return try factor(rank: factoriser.rank, previous: previous)
    }

    /// The largest `rank` triplets, with the exact Frobenius norm; all of them have converged. Source: method, section 1.
    public func factor(rank: Int, previous: UpdateFactor? = nil) throws(UpdateError) -> UpdateFactor {
        if let problem { throw problem }
        let components = try decomposing(module.name) { () throws(LinearAlgebraError) in
            try LowRankTruncation.truncate(
                left: left, weights: [Double](repeating: scale, count: left.columns), right: right, rank: left.columns)
        }
        let triplets = components.prefix(rank).map {
            SingularTriplet(
                sigma: $0.value, left: $0.left.map(Float.init), right: $0.right.map(Float.init), residual: 0,
                hasConverged: true)
        }
        return UpdateFactor(
            triplets: SignConvention.apply(to: triplets, previous: previous),
            frobeniusNorm: components.reduce(0) { $0 + $1.value * $1.value }.squareRoot(), baseNorm: baseNorm,
            unchangedShare: components.isEmpty ? 1 : 0, passes: 1)
    }

    /// `<scale B A, u v^T> = scale (B^T u) . (A v)`. Cost: `2 r (m + n)` for each direction.
    public func coordinates(along groups: [[RankOneComponent]]) -> [[Double]] {
        groups.map { coordinates(of: $0) }
    }

    private func coordinates(of directions: [RankOneComponent]) -> [Double] {
        precondition(
            directions.allSatisfy { $0.left.count == module.rows && $0.right.count == module.columns },
            "Every direction for \(module.name) needs \(module.rows) and \(module.columns) numbers.")
        guard !directions.isEmpty, left.columns > 0 else { return [Double](repeating: 0, count: directions.count) }
        let lefts = left.transposedTimes(Matrix(rows: module.rows, columns: directions.map(\.left)))
        let rights = right.transposedTimes(Matrix(rows: module.columns, columns: directions.map(\.right)))
        return directions.indices.map { index in
            scale * zip(lefts.column(index), rights.column(index)).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }

    private static func problem(_ values: [Double], columns: Int, _ module: Module) -> UpdateError? {
        guard let first = values.firstIndex(where: { !$0.isFinite }) else { return nil }
        return .nonFinite(
            module: module.name, count: values.count { !$0.isFinite }, row: first / columns, column: first % columns)
    }
}
