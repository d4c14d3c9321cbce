import Testing
import Vocabulary

@testable import Forecasting

/// The sign that tells a run that goes somewhere from one that wanders.
@Suite struct DriftTests {
    private static func drift(_ run: PlantedRun) throws -> Drift? {
        let products = try run.updates[0].indices.compactMap { k in
            HalfwayProducts(
                of: ModuleTrajectory(
                    module: PlantedRun.module(k),
                    observations: try zip(run.steps, run.updates).map {
                        Observation(step: $0, factor: try UpdateFactor.of($1[k], rank: 18))
                    }
                ))
        }
        guard let first = products.first else { return nil }
        return products.dropFirst().reduce(first, +).drift
    }

    @Test func aStraightRunGrowsLikeTheStepAndContinuesItself() throws {
        let drift = try #require(try Self.drift(PlantedRun.moving(steps: everyTen(12)) { 0.01 * $0 }))
        #expect(abs(drift.exponent - 1) < 1e-6)
        #expect(abs(drift.halvesCosine - 1) < 1e-3)
        #expect(drift.isSteady)
    }

    /// `t^p` has the exponent p, and still one direction.
    @Test func theExponentIsThatOfTheGrowth() throws {
        let drift = try #require(try Self.drift(PlantedRun.moving(steps: everyTen(16)) { $0.squareRoot() }))
        #expect(abs(drift.exponent - 0.5) < 1e-6)
        #expect(!drift.isSteady)
    }

    /// The halves of a random walk are orthogonal on average, and it grows like the root of the steps.
    @Test(arguments: 1...5 as ClosedRange<UInt64>) func aRandomWalkWanders(seed: UInt64) throws {
        let drift = try #require(try Self.drift(PlantedRun.randomWalk(steps: everyTen(16), modules: 8, seed: seed)))
        #expect(abs(drift.exponent - 0.5) < 0.15, "\(drift)")
        #expect(abs(drift.halvesCosine) < 0.35, "\(drift)")
        #expect(!drift.isSteady)
    }

    @Test func aRunThatTurnsBackIsNotSteady() throws {
        let turned = PlantedRun.moving(steps: everyTen(12)) { 0.01 * ($0 <= 60 ? $0 : 130 - $0) }
        let drift = try #require(try Self.drift(turned))
        #expect(drift.halvesCosine < 0 && drift.exponent < 0 && !drift.isSteady)
    }

    @Test func nothingThatMovesSaysNothing() throws {
        #expect(try Self.drift(PlantedRun.moving(steps: everyTen(2)) { $0 }) == nil)
        #expect(try Self.drift(PlantedRun.moving(steps: everyTen(8)) { _ in 0 }) == nil)
        // Zero at half way, or nothing since: no growth and no second half to speak of.
        #expect(try Self.drift(PlantedRun.moving(steps: everyTen(8)) { max(0, $0 - 40) }) == nil)
    }

    /// A run that wanders has no confidence, whatever its backtests say; the numbers are kept for the reader.
    @Test func wanderingTakesAllConfidenceAndSaysWhy() {
        let recorded = (1...8).map { TrainingStep($0 * 24) }
        let pairs = [(72, 144), (96, 168), (96, 192)].map { origin, target in
            BacktestPair(
                model: "tangent", rank: 1, origin: TrainingStep(origin), target: TrainingStep(target),
                sums: BacktestSums(actual: 1, predicted: 0.9))
        }
        let wandering = Drift(exponent: 0.55, halvesCosine: 0.2)
        let judgement = ConfidenceRule.judge(
            model: "tangent", pairs: pairs, recorded: recorded, signs: RunSigns(drift: wandering))
        #expect(judgement.provenHorizon == nil && judgement.confidence(at: 2) == 0)
        #expect(abs((judgement.evidence(at: 2).skill ?? 0) - 0.9) < 1e-12)
        let reason = Readiness.upTo(horizon: 2, judgement: judgement, history: []).reason
        #expect(reason.hasPrefix("the run wanders more than it drifts: its update grows like t^0.55"))
        let steady = ConfidenceRule.judge(
            model: "tangent", pairs: pairs, recorded: recorded,
            signs: RunSigns(drift: Drift(exponent: 0.9, halvesCosine: 0.9), objective: .reinforcement))
        #expect(abs(steady.confidence(at: 2) - 0.9) < 1e-12)
        let supervised = ConfidenceRule.judge(
            model: "tangent", pairs: pairs, recorded: recorded,
            signs: RunSigns(drift: Drift(exponent: 0.9, halvesCosine: 0.9), objective: .supervised))
        #expect(supervised.provenHorizon == nil && supervised.confidence(at: 2) == 0)
        #expect(supervised.evidence(at: 2).gap == .supervised)
    }
}
