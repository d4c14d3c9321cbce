import Vocabulary

/// What the status shows of a trajectory after its newest checkpoint. Reported, never used as evidence: on runs that
/// cannot be predicted these numbers look as good as on runs that can (method, section 4).
public struct TrajectoryFigures: Hashable, Sendable {
    /// `sigma_1^2 / ||D||^2` of the newest update, 0...1; nil where it is zero.
    public let energyShare: Double?
    /// `|<u_n, u_p> <v_n, v_p>|`, the cosine between the newest rank-1 part and the last one before it that is not
    /// zero, as matrices, 0...1; nil without one. A sign flip of a pair does not matter.
    public let directionCosine: Double?
    /// The share of the variance of the rank-1 parts over the working set that a line in the step explains,
    /// `S_tt ||S||^2 / sum ||M_i - mean||^2`, 0...1; nil with fewer than 3 checkpoints or when nothing varies.
    public let linearityR2: Double?
    /// `||W_n - W_0|| / ||W_0||`, 0...; nil for a base of zeros.
    public let relativeUpdateNorm: Double?

    public init(energyShare: Double?, directionCosine: Double?, linearityR2: Double?, relativeUpdateNorm: Double?) {
        self.energyShare = energyShare
        self.directionCosine = directionCosine
        self.linearityR2 = linearityR2
        self.relativeUpdateNorm = relativeUpdateNorm
    }

    /// The figures of one module.
    public init(of trajectory: ModuleTrajectory) {
        let newest = trajectory.last?.factor
        self.init(
            energyShare: newest?.energyShare,
            directionCosine: Self.directionCosine(of: trajectory),
            linearityR2: Self.linearity(of: trajectory.gram),
            relativeUpdateNorm: newest.flatMap { $0.baseNorm > 0 ? $0.frobeniusNorm / $0.baseNorm : nil })
    }

    /// The median of each figure over the modules that have it.
    public static func median(of figures: [TrajectoryFigures]) -> TrajectoryFigures {
        TrajectoryFigures(
            energyShare: Self.median(figures.compactMap(\.energyShare)),
            directionCosine: Self.median(figures.compactMap(\.directionCosine)),
            linearityR2: Self.median(figures.compactMap(\.linearityR2)),
            relativeUpdateNorm: Self.median(figures.compactMap(\.relativeUpdateNorm)))
    }

    /// The middle value, or the mean of the two in the middle; nil for none.
    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    private static func directionCosine(of trajectory: ModuleTrajectory) -> Double? {
        let factors = trajectory.observations.map(\.factor)
        guard let newest = factors.last, !newest.isZero,
            let previous = factors.dropLast().lastIndex(where: { !$0.isZero })
        else { return nil }
        let entry = trajectory.gram.entry(factors.count - 1, previous)
        return min(1, abs(entry.left * entry.right))
    }

    static func linearity(of gram: TrajectoryGram) -> Double? {
        guard gram.count >= 3, let line = LeastSquares(gram.steps) else { return nil }
        let matrix = gram.matrix(rank: 1)
        let even = [Double](repeating: 1 / Double(gram.count), count: gram.count)
        let total = gram.steps.indices.reduce(0) { $0 + matrix[$1][$1] } - Double(gram.count) * quadratic(even, matrix)
        guard total > 0 else { return nil }
        return min(1, max(0, line.spread * quadratic(line.slopeWeights, matrix) / total))
    }

    /// `c^T G c`.
    private static func quadratic(_ c: [Double], _ matrix: [[Double]]) -> Double {
        c.indices.reduce(0) { sum, i in sum + c[i] * c.indices.reduce(0) { $0 + matrix[i][$1] * c[$1] } }
    }
}
