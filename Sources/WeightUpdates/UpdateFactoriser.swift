import LinearAlgebra
import Vocabulary

/// Finds the largest singular triplets of an update: block Lanczos on `D^T D`, one pass over the two matrices a step.
///
/// A block has the rank's columns and a few more, for rank 1 too. Source: method, section 1.
public struct UpdateFactoriser: Sendable {
    /// How many triplets are kept at most, 1... .
    public let rank: Int
    public let tolerances: SolverTolerances

    public init(rank: Int, tolerances: SolverTolerances? = nil) {
        precondition(rank >= 1, "A factor has at least one triplet; got rank \(rank).")
        self.rank = rank
        self.tolerances = tolerances ?? .method(rank: rank)
    }

    /// The factor of `update`. The same bits for the same arguments, whatever runs beside it.
    ///
    /// - `previous`: the last factor that is not zero; its vectors are the start and decide the signs. Passing nil
    ///   costs about two passes more.
    /// - `isCancelled` is asked once before each pass; true throws `.cancelled`.
    ///
    /// Throws `.nonFinite` after the first pass where a weight is NaN or infinite, `.unreadable` where a pass reads and cannot.
    /// Cost: a pass reads both matrices once; 2 to `tolerances.mostPasses` of them, on real updates 3 to 5 from a
    /// previous factor. Memory beside the matrices: 8 bytes x (rows + 2 columns) for each column of each pass.
    public func factor(
        of update: UpdateMatrix, startingFrom previous: UpdateFactor? = nil, isCancelled: () -> Bool = { false }
    ) throws(UpdateError) -> UpdateFactor {
        guard !update.isUnchanged else { return try unchanged(update, isCancelled: isCancelled) }
        let name = update.module.name
        var space = KrylovSpace(rows: update.module.rows, columns: update.module.columns)
        var block = try decomposing(name) { () throws(LinearAlgebraError) in
            try space.orthonormalised(start(for: update.module, previous), floor: 0)
        }
        var sweep = try Sweep(over: update, first: block, isCancelled: isCancelled)
        guard !sweep.isZero else { return sweep.factor([]) }
        while true {
            space.add(block, sweep.products)
            let pairs = try decomposing(name) { () throws(LinearAlgebraError) in
                try space.ritzPairs(rank, floor: UpdateFactoriser.smallestRatio)
            }
            guard !isEnough(pairs, sweep.passes) else {
                return sweep.factor(SignConvention.apply(to: triplets(pairs, sweep), previous: previous))
            }
            block = try advance(&space, for: update.module)
            try sweep.advance(with: block, isCancelled: isCancelled)
        }
    }

    /// The factor of a weight that is the base's: its norm is all there is to find.
    private func unchanged(_ update: UpdateMatrix, isCancelled: () -> Bool) throws(UpdateError) -> UpdateFactor {
        guard !isCancelled() else { throw .cancelled(module: update.module.name) }
        let census = try update.pass.census()
        try update.checkFinite(census)
        return UpdateFactor(
            triplets: [], frobeniusNorm: 0, baseNorm: census.baseSquare.squareRoot(), unchangedShare: 1, passes: 1)
    }

    /// The next block of the space, or the first one of a new space where this one has nothing more to give.
    private func advance(_ space: inout KrylovSpace, for module: Module) throws(UpdateError) -> Matrix {
        let next = try decomposing(module.name) { () throws(LinearAlgebraError) in try space.nextBlock() }
        if next.columns > 0 { return next }
        let first = try decomposing(module.name) { () throws(LinearAlgebraError) in
            try space.restartBlock(width(for: module))
        }
        space = KrylovSpace(rows: module.rows, columns: module.columns)
        return first
    }

    /// A value below this share of the largest one is not told from the rounding of a single-precision pass, whose
    /// products carry errors of a few units of 2^-24 of `sigma_1`.
    static let smallestRatio = 0x1p-20

    private func start(for module: Module, _ previous: UpdateFactor?) -> Matrix {
        StartingBlock.make(rows: module.columns, width: width(for: module), previous: previous)
    }

    private func width(for module: Module) -> Int {
        min(rank + tolerances.extraColumns, module.rows, module.columns)
    }

    private func isEnough(_ pairs: [KrylovSpace.RitzPair], _ passes: Int) -> Bool {
        guard passes >= tolerances.fewestPasses else { return false }
        guard passes < tolerances.mostPasses else { return true }
        let negligible = (pairs.first?.sigma ?? 0) * tolerances.negligibleShare.squareRoot()
        return pairs.enumerated().allSatisfy { place, pair in
            tolerances.accept(pair, at: place) || pair.sigma < negligible
        }
    }

    private func triplets(_ pairs: [KrylovSpace.RitzPair], _ sweep: Sweep) -> [SingularTriplet] {
        pairs.enumerated().map { place, pair in
            SingularTriplet(
                sigma: sweep.bounded(pair.sigma), left: pair.left.map(Float.init), right: pair.right.map(Float.init),
                residual: pair.residual,
                hasConverged: tolerances.accept(pair, at: place) && pair.rounding <= tolerances.sigma)
        }
    }
}

/// `body`, with the module's name in its error.
func decomposing<Value>(
    _ module: TensorName, _ body: () throws(LinearAlgebraError) -> Value
) throws(UpdateError) -> Value {
    do throws(LinearAlgebraError) { return try body() } catch { throw .decomposition(module: module, error) }
}
