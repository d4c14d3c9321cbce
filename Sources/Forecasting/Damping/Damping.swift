import Vocabulary

/// What of a slope's movement is applied: each component by the fraction that its own past forecasts realised, all of it
/// by the trust that they earned, and never farther than three times the last step.
///
/// Why: in real runs the first components of a slope realise most of what they predict and the later ones less, the
/// fraction falls with the reach, and beyond some way what was gained is lost again (docs/decisions/0008).
public struct Damping: Hashable, Sendable {
    /// Targets farther than this multiple of the last step get the movement of this one.
    public static let reach = 3.0
    /// Growth of the updates (`Drift.exponent`) from which on that reach is followed, and below which nothing is.
    public static let growthForReach = (none: 0.65, whole: 1.0)
    /// Agreement of the run's halves (`Drift.halvesCosine`), likewise.
    public static let agreementForReach = (none: 0.67, whole: 0.75)
    /// How far a run may be followed, 1...`reach`: a line leaves a run the sooner the more its growth fades and the more
    /// it turns.
    ///
    /// - Parameter drift: nil where nothing is known of it, and nothing is followed.
    public static func reach(of drift: Drift?) -> Double {
        guard let drift, drift.exponent.isFinite, drift.halvesCosine.isFinite else { return 1 }
        func share(_ value: Double, _ bounds: (none: Double, whole: Double)) -> Double {
            (value - bounds.none) / (bounds.whole - bounds.none)
        }
        let followed = min(share(drift.exponent, growthForReach), share(drift.halvesCosine, agreementForReach))
        return 1 + (reach - 1) * min(1, max(0, followed))
    }

    /// Steps are this much longer than the realised fractions say. A slope that is fitted to rounded, noisy updates points
    /// partly along their noise, which does not go on, so that the fractions understate what the rest of it will do; and
    /// behaviour gains more from a longer step along it than it loses to the noise (docs/evidence.md).
    public static let boldness = 1.3
    /// No component is followed farther than this multiple of what it predicted.
    public static let largestFactor = 1.6
    /// A module's own evidence counts half of its fraction when it is this share of the average module's.
    static let priorWeight = 0.3
    /// Mean skill of undamped steps from which on they are trusted fully; falling to nothing at 0.
    public static let provenSkill = 0.2
    /// No movement is larger than this share of the base weights' norm, whatever the run does: 0.8%, and 0.05% more for
    /// each .01 by which the halves agree to more than .87.
    static func largestMovement(agreeing cosine: Double) -> Double { 0.008 + 0.05 * max(0, cosine - 0.87) }
    /// A run whose halves are turned against each other less than this (`1 - c^2`) is followed ever farther.
    static let littleTurned = 0.395

    /// Largest movement, as a share of the norm of the base weights. Beyond it behaviour leaves the range in which weights
    /// that were predicted right mean behaviour that was predicted right; a run whose halves continue each other
    /// (`Drift.halvesCosine` c) may be followed farther: `0.0017 / (1 - c^2)`, and times `(0.395 / (1 - c^2))^4` where
    /// that is above 1.
    ///
    /// - Parameter drift: nil where nothing is known of it.
    /// - Returns: 0.0017...0.0145.
    public static func largestRelativeMovement(_ drift: Drift?) -> Double {
        let cosine = min(1, max(0, drift?.halvesCosine ?? 0))
        let turned = max(1e-9, 1 - cosine * cosine)
        let steady = max(1, littleTurned / turned)
        return min(largestMovement(agreeing: cosine), 0.0017 / turned * steady * steady * steady * steady)
    }

    /// Target step over last step that was asked for, above 1.
    public let ratio: Double
    /// The one that the movement is for, at most `reach`, 1 where nothing may move.
    public let appliedRatio: Double
    /// 0...1.
    public let trust: Double
    /// Realised fraction of each component over all modules, before trust and bounds.
    public let pooled: [Double]
    /// Of each module's components, 0...`largestFactor`, before trust.
    private let factors: [TensorName: [Double]]

    init(ratio: Double, appliedRatio: Double, trust: Double, pooled: [Double], factors: [TensorName: [Double]]) {
        self.ratio = ratio
        self.appliedRatio = appliedRatio
        self.trust = trust
        self.pooled = pooled
        self.factors = factors
    }

    /// What is applied of a component that realised `fraction`, 0...`largestFactor`.
    static func factor(_ fraction: Double) -> Double {
        fraction.isFinite ? min(largestFactor, max(0, boldness * fraction)) : 0
    }

    /// Nothing is known, so nothing moves.
    static func none(at ratio: Double) -> Damping {
        Damping(ratio: ratio, appliedRatio: 1, trust: 0, pooled: [], factors: [:])
    }

    /// Share of the undamped movement over the whole distance that one component makes, 0...`largestFactor`. A component
    /// without a record of its own follows the pooled fraction of its place; without that it stays.
    public func share(of component: Int, in module: TensorName) -> Double {
        let own = factors[module].flatMap { component < $0.count ? $0[component] : nil }
        let place = component < pooled.count ? Self.factor(pooled[component]) : 0
        return trust * (own ?? place) * (appliedRatio - 1) / (ratio - 1)
    }

    /// The movement to the target: `slope` per optimizer step, over `distance` optimizer steps.
    public func movement(along slope: LowRankMatrix, of module: TensorName, distance: Double) -> LowRankMatrix {
        LowRankMatrix(
            slope.components.enumerated().compactMap { j, component in
                let scale = component.scale * distance * share(of: j, in: module)
                return scale == 0 ? nil : RankOneComponent(scale: scale, left: component.left, right: component.right)
            })
    }
}
