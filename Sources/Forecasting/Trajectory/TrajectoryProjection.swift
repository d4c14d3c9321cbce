import LinearAlgebra
import Vocabulary

/// A module's trajectory as a few numbers for each step that a person can look at: how far along the direction that all
/// steps share, and where `u_1` is in the plane in which it moves most. From the Gram matrices alone, O(n^3) for the n
/// steps of a working set.
public struct TrajectoryProjection: Hashable, Sendable {
    /// A line through the coefficients over the steps, by least squares.
    public struct Line: Hashable, Sendable {
        public let slope: Double
        public let intercept: Double
        /// Share of the variance that the line explains, 0...1; nil where nothing varies.
        public let r2: Double?
    }

    /// A step's place in the plane of the two largest principal components of the unit vectors `u_1`.
    public struct Position: Hashable, Sendable {
        public let x: Double
        public let y: Double
    }

    /// `<M_i, R>` along the unit direction R that the rank-1 parts share (`RelexModel`); the last one is not negative.
    public let coefficients: [Double]
    /// Nil where no line is determined.
    public let line: Line?
    /// Nil at a step whose update is zero.
    public let positions: [Position?]
    /// Shares of the variance of `u_1` in the two components, 0...1; empty where `u_1` does not move.
    public let explained: [Double]

    /// - Throws: `LinearAlgebraError` where the Gram matrices are not finite.
    public init(of gram: TrajectoryGram) throws(LinearAlgebraError) {
        coefficients = try Self.coefficients(gram)
        line = Self.line(through: coefficients, at: gram.steps)
        let moving = gram.steps.indices.filter { gram.entry($0, $0).left > 0.5 }
        let plane = try Self.plane(of: moving.map { i in moving.map { gram.entry(i, $0).left } })
        var positions = [Position?](repeating: nil, count: gram.count)
        for (index, position) in zip(moving, plane.positions) { positions[index] = position }
        self.positions = positions
        explained = plane.explained
    }

    private static func coefficients(_ gram: TrajectoryGram) throws(LinearAlgebraError) -> [Double] {
        guard gram.count > 0 else { return [] }
        let eigen = try SymmetricEigen(of: square(gram.matrix(rank: 1)))
        let scale = max(0, eigen.values[0]).squareRoot()
        let shared = eigen.vectors.column(0).map { $0 * scale }
        return (shared.last ?? 0) < 0 ? shared.map { -$0 } : shared
    }

    private static func line(through values: [Double], at steps: [TrainingStep]) -> Line? {
        guard let fit = LeastSquares(steps) else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let slope = InnerProduct.of(fit.slopeWeights, values)
        let intercept = mean - slope * fit.mean
        let total = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let r2 = total > 0 ? min(1, max(0, slope * slope * fit.spread / total)) : nil
        return Line(slope: slope, intercept: intercept, r2: r2)
    }

    /// Principal components from inner products: the eigenvectors of the doubly centred Gram matrix, scaled.
    private static func plane(
        of inner: [[Double]]
    ) throws(LinearAlgebraError) -> (positions: [Position], explained: [Double]) {
        let count = inner.count
        guard count >= 3 else { return (inner.map { _ in Position(x: 0, y: 0) }, []) }
        let means = inner.map { $0.reduce(0, +) / Double(count) }
        let overall = means.reduce(0, +) / Double(count)
        let centred = inner.indices.map { i in
            inner.indices.map { j in inner[i][j] - means[i] - means[j] + overall }
        }
        let total = centred.indices.reduce(0) { $0 + centred[$1][$1] }
        let eigen = try SymmetricEigen(of: square(centred))
        // Unit vectors in float32 differ by their rounding, about 1e-7 each, where nothing moves.
        guard total > 1e-12 * Double(count) else { return (inner.map { _ in Position(x: 0, y: 0) }, []) }
        let axes = (0..<2).map { axis(eigen.vectors.column($0), variance: eigen.values[$0]) }
        let positions = zip(axes[0], axes[1]).map { Position(x: $0, y: $1) }
        return (positions, eigen.values.prefix(2).map { min(1, max(0, $0 / total)) })
    }

    /// An eigenvector has no sign of its own: the last step lies on the positive side.
    private static func axis(_ vector: ArraySlice<Double>, variance: Double) -> [Double] {
        let scale = max(0, variance).squareRoot() * ((vector.last ?? 0) < 0 ? -1 : 1)
        return vector.map { $0 * scale }
    }

    private static func square(_ rows: [[Double]]) -> Matrix {
        Matrix(rows: rows.count, columns: rows.count, elements: rows.flatMap { $0 })
    }
}
