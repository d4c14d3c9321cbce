import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

@Suite struct TrajectoryTests {
    /// Random rank-3 updates; every seventh is zero.
    private static func observations(_ steps: [TrainingStep], seed: UInt64) throws -> [Observation] {
        var generator = SeededGenerator(seed: seed)
        return try steps.enumerated().map { i, step in
            let update = LowRankMatrix(
                (0..<3).map { k in
                    generator.component(Double(step.value) / Double(k + 1), PlantedRun.rows, PlantedRun.columns)
                })
            return Observation(step: step, factor: i % 7 == 3 ? .zero : try UpdateFactor.of(update, rank: 3))
        }
    }

    /// Property over seeded runs, longer than the working set, with a checkpoint that completes late.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func incrementalRefitEqualsTheOneFromScratch(seed: UInt64) throws {
        var steps = everyTen(20 + 15 * Int(seed))
        steps.swapAt(9, 12)
        let observations = try Self.observations(steps, seed: seed)
        var incremental = ModuleTrajectory(module: PlantedRun.module(0))
        for observation in observations { incremental.append(step: observation.step, factor: observation.factor) }
        let working = WorkingSet.select(steps)
        let scratch = ModuleTrajectory(
            module: PlantedRun.module(0), observations: observations.filter { working.contains($0.step) })
        #expect(incremental.steps == working)
        #expect(scratch.steps == working)
        #expect(incremental.gram.matrix(rank: 2) == scratch.gram.matrix(rank: 2))
        for model in [TangentModel(rank: 2), LineModel(), RelexModel(), RayModel()] as [any TrajectoryModel] {
            #expect(try model.slope(of: incremental) == model.slope(of: scratch), "\(model.name)")
        }
    }

    @Test func storedRowsReplaceEveryInnerProduct() throws {
        let observations = try Self.observations(everyTen(80), seed: 9)
        var trajectory = ModuleTrajectory(module: PlantedRun.module(0))
        let rows = observations.map { trajectory.append(step: $0.step, factor: $0.factor) }
        #expect(rows.last?.entries.count == 65)
        // Factors without vectors to multiply: what is found can come from the rows alone.
        let empty = observations.map { Observation(step: $0.step, factor: .zero) }
        let restored = ModuleTrajectory(module: PlantedRun.module(0), observations: empty, reusing: rows)
        #expect(restored.gram == trajectory.gram)
    }

    @Test func gramEntriesAreInnerProductsOfTheParts() throws {
        let observations = try Self.observations(everyTen(6), seed: 4)
        let trajectory = ModuleTrajectory(module: PlantedRun.module(0), observations: observations)
        for rank in 1...4 {
            for i in observations.indices {
                for j in observations.indices {
                    let truth = InnerProduct.of(
                        observations[i].factor.part(rank: rank), observations[j].factor.part(rank: rank))
                    #expect(abs(trajectory.gram.entry(i, j).part(rank: rank) - truth) < 1e-9 * 3600)
                }
            }
        }
        #expect(
            trajectory.gram.prefix(4)
                == ModuleTrajectory(
                    module: PlantedRun.module(0), observations: Array(observations.prefix(4))
                ).gram)
    }

    @Test func workingSetKeepsTheNewest32AndSpreadsTheRestInLogStep() throws {
        let steps = everyTen(1000)
        let kept = WorkingSet.select(steps)
        #expect(kept.count == 64)
        #expect(Array(kept.suffix(32)) == Array(steps.suffix(32)))
        #expect(kept.first == 10)
        let older = kept.prefix(32).map { Double($0.value) }
        // Evenly in log step between 10 and 9680 is a factor of 1.25; where the run has no finer steps it is coarser.
        for (a, b) in zip(older, older.dropFirst()) where a >= 60 { #expect(b / a < 1.6, "\(a) to \(b)") }
        #expect(WorkingSet.select(Array(steps.prefix(64))) == Array(steps.prefix(64)))
    }

    @Test func aDroppedStepNeverComesBack() {
        var gone: Set<TrainingStep> = []
        var before: Set<TrainingStep> = []
        for count in 1...300 {
            let now = Set(WorkingSet.select(everyTen(count)))
            gone.formUnion(before.subtracting(now))
            #expect(now.isDisjoint(with: gone))
            before = now
        }
    }

    @Test func originsAreThinnedEvenlyInLogStepAndDeterministically() {
        var registered: [TrainingStep] = []
        for step in everyTen(40).dropFirst(2) {
            let (keep, drop) = Origins.thin(registered: registered, adding: step)
            #expect(keep.count <= 8 && keep.last == step && keep.first == 30)
            #expect(Set(keep).union(drop) == Set(registered).union([step]))
            registered = keep
        }
        #expect(registered.count == 8)
        for (a, b) in zip(registered, registered.dropFirst()) {
            #expect(Double(b.value) / Double(a.value) < 2.1, "\(registered)")
        }
        #expect(Origins.thin(registered: registered, adding: 400).keep == registered)
    }

    @Test func innerProductCountsEveryEntry() {
        for count in [0, 1, 3, 4, 5, 1023] {
            let values = (0..<count).map { Float($0 % 7) - 3 }
            let truth = values.reduce(0) { $0 + Double($1) * Double($1) }
            #expect(InnerProduct.of(values, values) == truth)
        }
    }
}
