import Vocabulary

/// How far whole predictions of the rank-k part were off, against keeping the part as it was: for display only, as
/// the other ranks dominate this error and it does not tell good forecasts from bad (method, section 4).
public struct MatrixBacktest: Hashable, Sendable {
    /// `||P - M_n||^2`, over the modules added up so far.
    public private(set) var errorSquared: Double
    /// `||M_o - M_n||^2`: the error of persistence.
    public private(set) var persistenceSquared: Double

    public static let zero = MatrixBacktest(errorSquared: 0, persistenceSquared: 0)

    public init(errorSquared: Double, persistenceSquared: Double) {
        self.errorSquared = errorSquared
        self.persistenceSquared = persistenceSquared
    }

    public static func + (a: MatrixBacktest, b: MatrixBacktest) -> MatrixBacktest {
        MatrixBacktest(
            errorSquared: a.errorSquared + b.errorSquared,
            persistenceSquared: a.persistenceSquared + b.persistenceSquared)
    }

    /// `1 - sqrt(error / persistence)`: 1 perfect, 0 as good as persistence; nil where nothing moved.
    public var skill: Double? { persistenceSquared > 0 ? 1 - (errorSquared / persistenceSquared).squareRoot() : nil }

    /// One module's errors, from its Gram matrix alone: O(n^2) and no vectors.
    ///
    /// - Parameters:
    ///   - origin: position in the working set of the last checkpoint that the model may know.
    ///   - target: a later position.
    public init(
        of model: some CombinationModel, over gram: TrajectoryGram, origin: Int, target: Int
    ) throws(Abstention) {
        precondition(0 <= origin && origin < target && target < gram.count, "A backtest looks ahead.")
        let c = try model.weights(over: gram.prefix(origin + 1), at: gram.steps[target])
        let rank = model.rank
        let last = gram.entry(target, target).part(rank: rank)
        var square = last
        for i in c.indices where c[i] != 0 {
            square -= 2 * c[i] * gram.entry(i, target).part(rank: rank)
            for j in c.indices { square += c[i] * c[j] * gram.entry(i, j).part(rank: rank) }
        }
        let stay = gram.entry(origin, origin).part(rank: rank) - 2 * gram.entry(origin, target).part(rank: rank) + last
        self.init(errorSquared: max(0, square), persistenceSquared: max(0, stay))
    }
}
