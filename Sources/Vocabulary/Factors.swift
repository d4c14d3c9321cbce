/// One singular triplet `(sigma, u, v)` of an update `D = W_t - W_0`.
///
/// `sigma` in 0...; `left` has the module's `rows` entries and `right` its `columns`, both of unit norm
/// (to float32 rounding). Stored in float32 exactly as used afterwards (method, section 1).
public struct SingularTriplet: Hashable, Sendable {
    public let sigma: Double
    public let left: [Float]
    public let right: [Float]
    /// `||D^T D v - theta v|| / theta` at the end; the error of `sigma` is about its square, relative.
    public let residual: Double
    /// Whether `residual` met the solver's tolerance. A pair that did not is kept, and says so.
    public let hasConverged: Bool

    public init(sigma: Double, left: [Float], right: [Float], residual: Double, hasConverged: Bool) {
        self.sigma = sigma
        self.left = left
        self.right = right
        self.residual = residual
        self.hasConverged = hasConverged
    }
}

/// The factor of one module's update at one step: its largest singular triplets and its norms.
///
/// An update that is exactly zero has no triplets and a norm of 0, and is a valid observation.
public struct UpdateFactor: Hashable, Sendable {
    /// Largest `sigma` first; at most `factors.rank` of them, fewer where the update's rank is smaller.
    public let triplets: [SingularTriplet]
    /// `||W_t - W_0||_F`, 0...
    public let frobeniusNorm: Double
    /// `||W_0||_F`, 0...
    public let baseNorm: Double
    /// Share of the entries that are bit for bit those of the base, 0...1.
    public let unchangedShare: Double
    /// How often the solver went over the two matrices.
    public let passes: Int

    public init(
        triplets: [SingularTriplet], frobeniusNorm: Double, baseNorm: Double, unchangedShare: Double, passes: Int
    ) {
        self.triplets = triplets
        self.frobeniusNorm = frobeniusNorm
        self.baseNorm = baseNorm
        self.unchangedShare = unchangedShare
        self.passes = passes
    }

    public var isZero: Bool { triplets.isEmpty }

    /// `sigma_1^2 / ||D||_F^2`: how much of the update the first triplet holds, 0...1; nil for a zero update.
    public var energyShare: Double? {
        guard let first = triplets.first, frobeniusNorm > 0 else { return nil }
        return first.sigma * first.sigma / (frobeniusNorm * frobeniusNorm)
    }
}

/// `scale * left * right^T`, with `left` and `right` of unit norm.
public struct RankOneComponent: Hashable, Sendable {
    public let scale: Double
    public let left: [Float]
    public let right: [Float]

    public init(scale: Double, left: [Float], right: [Float]) {
        self.scale = scale
        self.left = left
        self.right = right
    }
}

/// A sum of rank-1 components, largest scale first: a slope per optimizer step, a movement, a whole prediction.
/// No components means the zero matrix.
public struct LowRankMatrix: Hashable, Sendable {
    public let components: [RankOneComponent]

    public init(_ components: [RankOneComponent]) { self.components = components }

    public static let zero = LowRankMatrix([])

    public func scaled(by factor: Double) -> LowRankMatrix {
        LowRankMatrix(components.map { RankOneComponent(scale: $0.scale * factor, left: $0.left, right: $0.right) })
    }
}
