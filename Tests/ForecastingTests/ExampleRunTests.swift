import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

/// The example run by this program, held against the same run in plain numpy (Tests/Reference).
@Suite struct ExampleRunTests {
    /// A residual r means an error of about r^2 in sigma: 1e-6 for the first (r at most 1e-3), 1e-4 for the others.
    /// Its direction is off by r / (1 - (s2/s1)^2) at most.
    @Test func factorsAgreeWithDenseDecompositions() throws {
        let walk = try ExampleWalk.shared.get()
        for expected in try RunReference.load().factors {
            let label = "\(expected.module) at \(expected.step)"
            let trajectory = try #require(walk.trajectories[expected.module])
            let place = try #require(trajectory.steps.firstIndex(of: TrainingStep(expected.step)))
            let factor = trajectory.factors[place]
            #expect(factor.triplets.count == 4)
            for (k, triplet) in factor.triplets.enumerated() {
                let tolerance = k == 0 ? 1e-6 : 1e-4
                #expect(abs(triplet.sigma - expected.sigma[k]) <= tolerance * expected.sigma[0], "\(label), \(k)")
            }
            #expect(abs(factor.frobeniusNorm - expected.frobeniusNorm) <= 1e-6 * expected.frobeniusNorm, "\(label)")
            #expect(abs(factor.baseNorm - expected.baseNorm) <= 1e-6 * expected.baseNorm, "\(label)")
            #expect(abs((factor.energyShare ?? 0) - expected.energyShare) <= 1e-5, "\(label)")
            #expect(abs(factor.unchangedShare - expected.unchangedShare) < 1e-9, "\(label)")
            let ratio = expected.sigma[1] / expected.sigma[0]
            let off = 1e-3 / (1 - ratio * ratio) * expected.sigma[0] * Self.probeNorm(trajectory.module)
            #expect(abs(factor.part(rank: 1).projection - expected.projections[0]) <= off, "\(label)")
        }
    }

    /// Slopes are sums of parts that are each off by up to 1e-3 of their norm in direction; measured here 2e-5.
    @Test func slopesOfEveryModelAgree() throws {
        let walk = try ExampleWalk.shared.get()
        let expected = try RunReference.load().slopes.filter { $0.rank == 1 }
        #expect(Set(expected.map(\.model)).count == 5)
        for expected in expected {
            let model = try #require(ModelRegistry.model(named: expected.model))
            let whole = try #require(walk.trajectories[expected.module])
            let slope = try model.slope(of: Self.beginning(of: whole, expected.checkpoints))
            let label = "\(expected.model), \(expected.module) after \(expected.checkpoints)"
            #expect(abs(slope.norm - expected.sigma[0]) <= 1e-4 * expected.sigma[0], "\(label)")
            let off = 1e-3 * expected.sigma[0] * Self.probeNorm(whole.module)
            #expect(abs(slope.projection - expected.projection) <= off, "\(label)")
        }
    }

    @Test func alphaRLAgreesOnEveryKindOfModule() throws {
        let walk = try ExampleWalk.shared.get()
        let model = AlphaRLModel()
        for expected in try RunReference.load().alphaRl {
            let whole = try #require(walk.trajectories[expected.module])
            let trajectory = Self.beginning(of: whole, expected.checkpoints)
            let slope = try model.slope(of: trajectory)
            let label = "\(expected.module) after \(expected.checkpoints)"
            #expect(abs(slope.norm - expected.slopeNorm) <= 1e-3 * expected.slopeNorm, "\(label)")
            #expect(abs(try model.rSquared(of: trajectory) - expected.rSquared) <= 1e-4, "\(label)")
            let off = 2e-3 * expected.slopeNorm * Self.probeNorm(whole.module)
            #expect(abs(slope.projection - expected.slopeProjection) <= off, "\(label)")
        }
    }

    /// The directions that a backtest looks along are those of the first triplets: errors of order 1e-5 in the sums.
    @Test func backtestsAgree() throws {
        let walk = try ExampleWalk.shared.get()
        let reference = try RunReference.load()
        let expected = Dictionary(uniqueKeysWithValues: reference.pairsRank1.map { ([$0.origin, $0.target], $0) })
        #expect(walk.pairs.count > 100)
        for pair in walk.pairs {
            let known = try #require(expected[[pair.origin.value, pair.target.value]])
            #expect(abs(pair.ratio - known.ratio) < 1e-9)
            #expect(abs((pair.realised ?? 9) - (known.realised ?? -9)) < 1e-4, "\(pair.origin) to \(pair.target)")
            #expect(abs((pair.skill ?? 9) - (known.skill ?? -9)) < 1e-4, "\(pair.origin) to \(pair.target)")
        }
    }

    @Test func confidenceAgreesAfterEveryCheckpoint() throws {
        let walk = try ExampleWalk.shared.get()
        let expected = try RunReference.load().confidenceRank1.thinned
        #expect(walk.judgements.count == expected.count)
        for (judgement, rows) in zip(walk.judgements, expected) {
            for (found, row) in zip(judgement.ratios, rows) {
                let label = "step \(judgement.lastStep?.value ?? 0) at \(row.ratio)"
                #expect(abs(found.confidence - row.confidence) < 2e-4, "\(label)")
                #expect(found.origins.map(\.value) == row.origins, "\(label)")
            }
        }
    }

    /// What a person reads as the run goes on: silence, a near reach, the whole horizon, and silence again once the run
    /// has slowed down and forecasts overshoot.
    @Test(arguments: [
        (120, "5 of the 6 checkpoints that a judgement needs are recorded"),
        (144, "forecasts of about 2x have been tested from 1 checkpoint so far, 2 are needed"),
        (
            168,
            "2 checkpoints in a row at or above 0.50 at 1.5x; confidence 0.75 at 2x is at or above 0.50 for 1 of the "
                + "2 checkpoints in a row that are asked for"
        ),
        (192, "2 checkpoints in a row at or above 0.50 at 2x"),
        (
            312,
            "confidence 0.32 at 2x is below 0.50: forecasts from steps 144 and 168 captured 63% and 29% of the movement"
        ),
        (
            480,
            "confidence 0.00 at 2x is below 0.50: forecasts from steps 216 and 264 captured none of the movement"
        ),
    ]) func reasonsFollowTheRun(step: Int, reason: String) throws {
        let judgements = try ExampleWalk.shared.get().judgements
        let place = try #require(ExampleRun.steps.firstIndex(of: step))
        let history = judgements.prefix(place).map(\.confidences)
        #expect(Readiness.upTo(horizon: 2, judgement: judgements[place], history: history).reason == reason)
    }

    /// `|x| |y|` of the pseudo-random vectors of a projection.
    private static func probeNorm(_ module: Module) -> Double {
        let x = ReferenceFiles.pseudoRandom(module.rows, seed: 1)
        let y = ReferenceFiles.pseudoRandom(module.columns, seed: 2)
        return (InnerProduct.of(x, x) * InnerProduct.of(y, y)).squareRoot()
    }

    private static func beginning(of whole: ModuleTrajectory, _ checkpoints: Int) -> ModuleTrajectory {
        ModuleTrajectory(module: whole.module, observations: Array(whole.observations.prefix(checkpoints)))
    }
}
