import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

/// How much of each component is followed, from what its own past forecasts realised.
@Suite struct DampingTests {
    private static let steady = Drift(exponent: 1, halvesCosine: 0.9)
    private static let recorded = (1...8).map { TrainingStep($0 * 24) }

    /// Forecasts of two modules with two components each that realised these fractions, for the newest checkpoints.
    private static func record(_ fractions: [TensorName: [Double]], targets: [Int] = [144, 168, 192]) -> DampingRecord {
        let forecasts = targets.map { target in
            PastForecast(
                origin: 96, target: TrainingStep(target),
                modules: fractions.sorted { $0.key < $1.key }.map { name, fractions in
                    let rates = [0.02, 0.01]
                    let elapsed = Double(target - 96)
                    return ModuleCoordinates(
                        module: name, rates: rates, atOrigin: [1, 1],
                        atTarget: zip(rates, fractions).map { 1 + $0 * elapsed * $1 })
                })
        }
        return DampingRecord(forecasts, recorded: recorded)
    }

    @Test func withoutARecordNothingMoves() throws {
        var generator = SeededGenerator(seed: 1)
        let slope = LowRankMatrix([generator.component(1, 4, 4)])
        for record in [DampingRecord([], recorded: []), Self.record(["a": [1, 1]], targets: [120])] {
            let damping = record.damping(at: 2, drift: Self.steady)
            #expect(damping.trust == 0 && damping.share(of: 0, in: "a") == 0)
            #expect(damping.movement(along: slope, of: "a", distance: 100) == .zero)
        }
    }

    @Test func forecastsThatCameTrueAreFollowedBoldly() {
        let damping = Self.record(["a": [1, 1], "b": [1, 1]]).damping(at: 2, drift: Self.steady)
        #expect(damping.trust == 1)
        for name in ["a", "b"] as [TensorName] {
            for component in 0..<2 {
                #expect(abs(damping.share(of: component, in: name) - Damping.boldness) < 1e-12)
            }
        }
    }

    /// Components are damped one by one: the one that realised half is followed half way, where all modules agree.
    @Test func eachComponentIsFollowedAsFarAsItCameTrue() {
        let damping = Self.record(["a": [1, 0.5], "b": [1, 0.5]]).damping(at: 2, drift: Self.steady)
        #expect(abs(damping.pooled[0] - 1) < 1e-12 && abs(damping.pooled[1] - 0.5) < 1e-12)
        let whole = Damping.boldness * damping.trust
        #expect(abs(damping.share(of: 0, in: "a") - whole) < 1e-12)
        #expect(abs(damping.share(of: 1, in: "a") - 0.5 * whole) < 1e-12)
    }

    /// A module's own fraction is drawn towards that of all of them, and lies between.
    @Test func aModuleLiesBetweenItsOwnRecordAndThatOfAll() {
        let damping = Self.record(["a": [1, 1], "b": [0.6, 1]]).damping(at: 2, drift: Self.steady)
        let (a, b) = (damping.share(of: 0, in: "a"), damping.share(of: 0, in: "b"))
        let whole = Damping.boldness * damping.trust
        #expect(0.6 * whole < b && b < damping.pooled[0] * whole)
        #expect(damping.pooled[0] * whole < a && a < whole)
        #expect(abs(damping.share(of: 0, in: "unknown") - damping.pooled[0] * whole) < 1e-12)
    }

    @Test func whatTurnedBackIsNotFollowedAndWhatOvershotOnlySoFar() {
        let backwards = Self.record(["a": [-1, -1]]).damping(at: 2, drift: Self.steady)
        #expect(backwards.trust == 0 && backwards.share(of: 0, in: "a") == 0)
        let mixed = Self.record(["a": [1, -1]]).damping(at: 2, drift: Self.steady)
        #expect(mixed.share(of: 1, in: "a") == 0)
        let overshot = Self.record(["a": [1.6, 1.6]]).damping(at: 2, drift: Self.steady)
        #expect(overshot.share(of: 0, in: "a") <= Damping.largestFactor)
    }

    /// Beyond the reach the movement stops growing.
    @Test func theMovementEndsAtTheReach() {
        let record = Self.record(["a": [1, 1]])
        let far = record.damping(at: 10, drift: Self.steady),
            edge = record.damping(at: Damping.reach, drift: Self.steady)
        #expect(far.appliedRatio == Damping.reach)
        let moved = far.share(of: 0, in: "a") * (10 - 1)
        #expect(abs(moved - edge.share(of: 0, in: "a") * (Damping.reach - 1)) < 1e-12)
    }

    /// A run that fades or turns is followed less far, and one of which nothing is known not at all.
    @Test func theReachFollowsGrowthAndAgreement() {
        #expect(Damping.reach(of: nil) == 1)
        #expect(Damping.reach(of: Drift(exponent: .nan, halvesCosine: 0.9)) == 1)
        #expect(Damping.reach(of: Self.steady) == Damping.reach)
        for fading in [0.5, 0.65] { #expect(Damping.reach(of: Drift(exponent: fading, halvesCosine: 0.9)) == 1) }
        for turning in [-1, 0.5, 0.67] { #expect(Damping.reach(of: Drift(exponent: 1, halvesCosine: turning)) == 1) }
        let half = Damping.reach(of: Drift(exponent: 0.825, halvesCosine: 0.9))
        #expect(abs(half - (1 + Damping.reach) / 2) < 1e-12)
        let record = Self.record(["a": [1, 1]])
        let still = record.damping(at: 2, drift: Drift(exponent: 1, halvesCosine: 0.5))
        #expect(still.share(of: 0, in: "a") == 0)
    }

    /// What the gate lets through is followed by a quarter of the last step at least.
    @Test func whatMayBeEmittedMoves() {
        let edge = Drift(exponent: Drift.leastExponent, halvesCosine: Drift.leastCosine)
        #expect(edge.isSteady && Damping.reach(of: edge) >= 1.25)
    }

    @Test func theMovementIsTheSlopeComponentByComponent() {
        var generator = SeededGenerator(seed: 2)
        let slope = LowRankMatrix([generator.component(3, 6, 5), generator.component(2, 6, 5)])
        let damping = Self.record(["a": [1, -1]]).damping(at: 2, drift: Self.steady)
        let movement = damping.movement(along: slope, of: "a", distance: 50)
        #expect(movement.components.count == 1)
        #expect(movement.components[0].left == slope.components[0].left)
        #expect(abs(movement.components[0].scale - 150 * damping.share(of: 0, in: "a")) < 1e-9)
    }

    @Test func oldNearAndBrokenForecastsDoNotCount() {
        let broken = PastForecast(
            origin: 96, target: 192,
            modules: [ModuleCoordinates(module: "a", rates: [1], atOrigin: [0], atTarget: [.nan])])
        let near = PastForecast(
            origin: 168, target: 192,
            modules: [ModuleCoordinates(module: "a", rates: [1], atOrigin: [0], atTarget: [24])])
        #expect(DampingRecord([broken, near], recorded: Self.recorded).forecasts.isEmpty)
        #expect(Self.record(["a": [1, 1]], targets: [120, 144]).forecasts.map(\.target) == [144])
    }

    @Test func theLargestMovementGrowsWithTheAgreementOfTheHalves() {
        func limit(_ cosine: Double) -> Double {
            Damping.largestRelativeMovement(Drift(exponent: 1, halvesCosine: cosine))
        }
        let limits = [-1, 0, 0.5, 0.8, 0.9, 0.99, 1].map(limit)
        for (less, more) in zip(limits, limits.dropFirst()) { #expect(less <= more) }
        #expect(limits[0] == Damping.largestRelativeMovement(nil) && abs(limits[6] - 0.0145) < 1e-12)
        // 0.0017 / (1 - c^2) up to the point from which on it grows as the fifth power; there the two agree.
        #expect(abs(limit(0.5) - 0.0017 / 0.75) < 1e-15)
        let steep = 0.0017 / 0.36 * (0.395 / 0.36) * (0.395 / 0.36) * (0.395 / 0.36) * (0.395 / 0.36)
        #expect(abs(limit((1 - 0.36).squareRoot()) - steep) < 1e-12)
        #expect(abs(limit((1 - 0.395).squareRoot()) - 0.0017 / 0.395) < 1e-12)
    }
}
