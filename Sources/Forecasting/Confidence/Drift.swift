import Foundation
import Vocabulary

/// Whether the run moves somewhere or wanders: two signs from the updates at the newest checkpoint and at the one
/// nearest to half its step, over all modules together.
///
/// A steady drift grows like t and keeps its direction; a random walk grows like the root of t, and its second half has
/// little to do with the first. Runs that learn a new skill at a large learning rate, and supervised ones, lie near
/// the second: weights there can be predicted for a while, behaviour cannot (docs/decisions/0009).
public struct Drift: Hashable, Sendable, Codable {
    /// Growth below this is not a drift.
    public static let leastExponent = 0.8
    /// Halves that agree less than this do not continue each other; below it `Damping.reach(of:)` would leave next to
    /// nothing of a movement, and what was emitted would be the last checkpoint under another name.
    public static let leastCosine = 0.68

    /// `log(||M_n|| / ||M_h||) / log(t_n / t_h)` of the rank-k parts: 1 for a steady drift, 0.5 for a random walk.
    public let exponent: Double
    /// Cosine between `M_h` and `M_n - M_h`, -1...1.
    public let halvesCosine: Double

    public init(exponent: Double, halvesCosine: Double) {
        self.exponent = exponent
        self.halvesCosine = halvesCosine
    }

    public var isSteady: Bool { exponent >= Self.leastExponent && halvesCosine >= Self.leastCosine }
}

/// One module's contribution to `Drift`: inner products of its parts at the newest step and at the one half way.
public struct HalfwayProducts: Hashable, Sendable {
    public let newestStep: TrainingStep
    public let halfwayStep: TrainingStep
    /// `||M_n||^2`, `<M_n, M_h>`, `||M_h||^2`.
    public private(set) var newest: Double
    public private(set) var mixed: Double
    public private(set) var halfway: Double

    /// Of all ranks, whatever the trajectory's Gram matrices keep. Nil with fewer than 3 checkpoints. Cost: 3 k^2 inner products.
    public init?(of trajectory: ModuleTrajectory) {
        let steps = trajectory.steps
        guard steps.count >= 3, let last = steps.last else { return nil }
        let middle = Double(last.value) / 2
        let earlier = steps.indices.dropLast()
        guard let half = earlier.min(by: { distance(steps[$0], middle) < distance(steps[$1], middle) })
        else { return nil }
        let (now, then) = (trajectory.factors[steps.count - 1], trajectory.factors[half])
        newestStep = last
        halfwayStep = steps[half]
        newest = GramEntry(now, now).parts.last ?? 0
        mixed = GramEntry(now, then).parts.last ?? 0
        halfway = GramEntry(then, then).parts.last ?? 0
    }

    /// The sum over modules, which share their steps.
    public static func + (a: HalfwayProducts, b: HalfwayProducts) -> HalfwayProducts {
        precondition(
            a.newestStep == b.newestStep && a.halfwayStep == b.halfwayStep, "Modules of one run share their steps.")
        var sum = a
        sum.newest += b.newest
        sum.mixed += b.mixed
        sum.halfway += b.halfway
        return sum
    }

    /// Nil where nothing moved.
    public var drift: Drift? {
        let second = newest - 2 * mixed + halfway
        guard halfway > 0, newest > 0, second > 0, halfwayStep.value > 0 else { return nil }
        let growth = 0.5 * log(newest / halfway) / log(Double(newestStep.value) / Double(halfwayStep.value))
        return Drift(exponent: growth, halvesCosine: (mixed - halfway) / (second * halfway).squareRoot())
    }
}

private func distance(_ step: TrainingStep, _ place: Double) -> Double { abs(Double(step.value) - place) }
