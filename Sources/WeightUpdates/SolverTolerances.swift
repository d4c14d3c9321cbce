/// When the solver stops. The residual of a pair is `||D^T D v - theta v|| / theta`. Source: method, section 1.
public struct SolverTolerances: Equatable, Sendable {
    /// Largest residual of the first pair.
    public var first: Double
    /// Largest residual of the others.
    public var others: Double
    /// Largest relative error of a singular value, estimated: half the squared residual over the relative gap to what
    /// is not kept (Temple's bound), or the change that the last pass brought, whichever is smaller.
    public var sigma: Double
    /// Passes over the two matrices, at least: a first one alone cannot tell a wrong singular vector from the right.
    public var fewestPasses: Int
    public var mostPasses: Int
    /// Columns of a block beyond the rank. Without any, a start with little of the first singular vector in it stops
    /// at the second where the two values are within a few percent (seen on real updates, sigma 3% too small).
    public var extraColumns: Int
    /// A pair whose `sigma^2` is below this share of the first one's is kept, but not waited for.
    public var negligibleShare: Double

    public init(
        first: Double = 1e-3, others: Double = 1e-2, sigma: Double = 1e-5, fewestPasses: Int = 2, mostPasses: Int,
        extraColumns: Int, negligibleShare: Double = 1e-10
    ) {
        precondition(first > 0 && others > 0 && sigma > 0, "A tolerance of \(min(first, others, sigma)) is never met.")
        precondition(
            fewestPasses >= 1 && mostPasses >= fewestPasses && extraColumns >= 0,
            "Between \(fewestPasses) and \(mostPasses) passes with \(extraColumns) extra columns is impossible.")
        self.first = first
        self.others = others
        self.sigma = sigma
        self.fewestPasses = fewestPasses
        self.mostPasses = mostPasses
        self.extraColumns = extraColumns
        self.negligibleShare = negligibleShare
    }

    /// Those of the method for this rank.
    public static func method(rank: Int) -> SolverTolerances {
        SolverTolerances(mostPasses: rank == 1 ? 32 : 10, extraColumns: 2)
    }

    /// Whether the pair at `place`, 0 for the first, is good enough.
    func accept(_ pair: KrylovSpace.RitzPair, at place: Int) -> Bool {
        pair.residual <= (place == 0 ? first : others) && pair.sigmaError <= sigma
    }
}
