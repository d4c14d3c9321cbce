import LinearAlgebra
import Vocabulary

/// The low-rank form of one module's update, and how much of it that is.
///
/// With `M = sum_i s_i u_i v_i^T` the stored triplets of `D_n` and R what they leave (`||R||^2 = f^2 - sum s_i^2`, f the
/// stored Frobenius norm; R is orthogonal to every `u_i v_i^T`), the update is `X = Q + multiple * R` with
/// `Q = multiple * M + movement` known exactly. The form `A` is the best rank-k approximation of Q, and
///
///     ||X||^2 = ||Q||^2 + multiple^2 ||R||^2 + 2 multiple <R, movement>
///
/// The cross term is `<D_n, movement> - <M, movement>`: the first was measured along the movement's directions when the
/// checkpoint was recorded, and the second follows from the factors. Where it was not measured, the cross term is put at
/// its largest value `||R|| ||movement||` (Cauchy and Schwarz), so that the share claimed is never too large.
struct LowRankUpdate {
    let module: Module
    /// Of B: `rows` numbers each, scale folded in. As many as of `rights`, at most k.
    let lefts: [[Float]]
    /// Of A: unit vectors of `columns` numbers, largest scale first.
    let rights: [[Float]]
    /// `||A||_F^2`, 0...
    let heldSquare: Double
    /// `||X||_F^2`, or the most that it can be; never below `heldSquare`.
    let wholeSquare: Double
    /// Whether `wholeSquare` is known rather than bounded.
    let isExact: Bool

    private typealias Term = (weight: Double, left: [Float], right: [Float])

    /// - Precondition: vectors have the module's sizes; a whole prediction has at most `rank` components.
    init(_ update: ModuleUpdate, rank: Int) throws(EmissionError) {
        module = update.module
        let moved = update.movement.components.filter { $0.scale != 0 }.map { ($0.scale, $0.left, $0.right) as Term }
        guard let observed = update.observed, update.multiple != 0 else {
            precondition(moved.count <= rank, "A prediction of \(moved.count) components does not fit rank \(rank).")
            (lefts, rights) = Self.vectors(moved)
            heldSquare = Self.inner(moved, moved)
            (wholeSquare, isExact) = (heldSquare, true)
            return
        }
        let kept = observed.triplets.map { (update.multiple * $0.sigma, $0.left, $0.right) as Term }
        let keptSquare = kept.reduce(0) { $0 + $1.weight * $1.weight }
        let norm = update.multiple * observed.frobeniusNorm
        let restSquare = max(0, norm * norm - keptSquare)
        if moved.isEmpty {
            let first = kept.prefix(rank)
            (lefts, rights) = Self.vectors(first)
            heldSquare = first.reduce(0) { $0 + $1.weight * $1.weight }
            (wholeSquare, isExact) = (keptSquare + restSquare, true)
            return
        }
        let all = try Self.decompose(kept + moved, update.module)
        let first = all.prefix(rank)
        lefts = first.map { component in component.left.map { Float(component.value * $0) } }
        rights = first.map { $0.right.map { Float($0) } }
        heldSquare = first.reduce(0) { $0 + $1.value * $1.value }
        let bound = (restSquare * Self.inner(moved, moved)).squareRoot()
        let cross = update.overlap.map { update.multiple * $0 - Self.inner(kept, moved) } ?? bound
        isExact = update.overlap != nil || restSquare == 0
        let known = all.reduce(0) { $0 + $1.value * $1.value }
        wholeSquare = max(heldSquare, known + restSquare + 2 * max(-bound, min(bound, cross)))
    }

    private static func decompose(
        _ terms: [Term], _ module: Module
    ) throws(EmissionError) -> [LowRankTruncation.Component] {
        do {
            return try LowRankTruncation.truncate(
                terms, rows: module.rows, columns: module.columns, rank: terms.count)
        } catch { throw .decomposition(module.name, reason: "\(error)") }
    }

    private static func vectors(_ terms: some Sequence<Term>) -> (lefts: [[Float]], rights: [[Float]]) {
        (terms.map { term in term.left.map { Float(term.weight * Double($0)) } }, terms.map(\.right))
    }

    /// `<sum_i a_i u_i v_i^T, sum_j b_j x_j y_j^T>`. Cost: (m + n) for each pair.
    private static func inner(_ left: [Term], _ right: [Term]) -> Double {
        left.reduce(0) { sum, a in
            right.reduce(sum) { $0 + a.weight * $1.weight * dot(a.left, $1.left) * dot(a.right, $1.right) }
        }
    }

    private static func dot(_ left: [Float], _ right: [Float]) -> Double {
        var sum = 0.0
        for index in left.indices { sum += Double(left[index]) * Double(right[index]) }
        return sum
    }
}

extension LowRankUpdate {
    /// A, `rank` x `columns`, row-major; rows beyond the components are zero.
    func down(rank: Int) -> [Float] {
        rights.flatMap { $0 } + [Float](repeating: 0, count: (rank - rights.count) * module.columns)
    }

    /// B, `rows` x `rank`, row-major; columns beyond the components are zero.
    func up(rank: Int) -> [Float] {
        var result = [Float](repeating: 0, count: module.rows * rank)
        for (column, left) in lefts.enumerated() {
            for row in left.indices { result[row * rank + column] = left[row] }
        }
        return result
    }
}
