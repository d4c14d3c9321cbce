import Foundation
import Testing
import Vocabulary

@testable import Forecasting

/// What is kept of the Gram matrices is enough for every model of the list, and is kept once it was computed.
struct GramRankTests {
    private func factors(_ count: Int) -> [Observation] {
        (1...count).map { number in
            let triplets = (0..<3).map { rank in
                let angle = Double(number) * 0.1 + Double(rank)
                return SingularTriplet(
                    sigma: Double(number) / Double(rank + 1),
                    left: (0..<6).map { Float(sin(angle * Double($0 + 1))) },
                    right: (0..<5).map { Float(sin(angle + Double($0))) }, residual: 0, hasConverged: true)
            }
            let factor = UpdateFactor(
                triplets: triplets, frobeniusNorm: Double(number) * 1.5, baseNorm: 100, unchangedShare: 0, passes: 2)
            return Observation(step: TrainingStep(10 * number), factor: factor)
        }
    }

    private let module = Module(name: "m", rows: 6, columns: 5)

    @Test(arguments: ModelRegistry.all.map(\.name)) func noModelOfTheListNeedsMore(_ name: ModelName) throws {
        let model = try #require(ModelRegistry.model(named: name))
        let whole = ModuleTrajectory(module: module, observations: factors(12))
        let kept = ModuleTrajectory(module: module, observations: factors(12), gramRank: ModelRegistry.gramRank)
        #expect(whole.gram.entry(5, 3).parts.count == 3 && kept.gram.entry(5, 3).parts.count == 1)
        #expect(try model.slope(of: kept) == model.slope(of: whole))
        #expect(try model.weights(of: kept, at: TrainingStep(200)) == model.weights(of: whole, at: TrainingStep(200)))
    }

    @Test func figuresNeedNoMoreEither() {
        let whole = ModuleTrajectory(module: module, observations: factors(12))
        let kept = ModuleTrajectory(module: module, observations: factors(12), gramRank: ModelRegistry.gramRank)
        let parts = [(11, 11), (11, 5), (5, 5)].map { whole.gram.entry($0, $1).parts.last }
        let halfway = HalfwayProducts(of: kept)
        #expect([halfway?.newest, halfway?.mixed, halfway?.halfway] == parts)
        #expect(TrajectoryFigures(of: kept) == TrajectoryFigures(of: whole))
        #expect(HalfwayProducts(of: kept) == HalfwayProducts(of: whole))
    }

    /// Rows that are missing come out bit for bit as they were, and are told once.
    @Test func missingRowsAreRebuiltAsTheyWere() {
        let all = factors(9)
        var trajectory = ModuleTrajectory(module: module, gramRank: 1)
        let rows = all.map { trajectory.append(step: $0.step, factor: $0.factor) }
        let some = rows.filter { ![20, 50].contains($0.step.value) }
        let reloaded = ModuleTrajectory(module: module, observations: all, reusing: some, gramRank: 1)
        #expect(reloaded.gram == trajectory.gram)
        #expect(reloaded.rebuilt == [rows[1], rows[4]])
        let again = ModuleTrajectory(module: module, observations: all, reusing: some + reloaded.rebuilt, gramRank: 1)
        #expect(again.gram == trajectory.gram && again.rebuilt.isEmpty)
    }

    /// A checkpoint that came late is in no row of later ones: they are rebuilt with it.
    @Test func rowsThatDoNotKnowALateCheckpointAreRebuilt() {
        let all = factors(4)
        var trajectory = ModuleTrajectory(module: module, gramRank: 1)
        let rows = [0, 1, 3].map { trajectory.append(step: all[$0].step, factor: all[$0].factor) }
        var late = ModuleTrajectory(module: module, observations: Array(all.prefix(2)), reusing: rows, gramRank: 1)
        let row = late.append(step: all[2].step, factor: all[2].factor)
        let reloaded = ModuleTrajectory(module: module, observations: all, reusing: rows + [row], gramRank: 1)
        #expect(reloaded.rebuilt.map(\.step) == [all[3].step])
        #expect(reloaded.rebuilt.first?.against == all.map(\.step))
    }

    @Test func rowsWithMorePartsServeAndRowsWithFewerAreComputedAnew() {
        let all = factors(5)
        var whole = ModuleTrajectory(module: module)
        let long = all.map { whole.append(step: $0.step, factor: $0.factor) }
        let cut = ModuleTrajectory(module: module, observations: all, reusing: long, gramRank: 1)
        #expect(cut.rebuilt.isEmpty && cut.gram.entry(4, 1).parts == Array(whole.gram.entry(4, 1).parts.prefix(1)))
        var thin = ModuleTrajectory(module: module, gramRank: 1)
        let short = all.map { thin.append(step: $0.step, factor: $0.factor) }
        let full = ModuleTrajectory(module: module, observations: all, reusing: short)
        #expect(full.gram == whole.gram && full.rebuilt == long)
    }
}
