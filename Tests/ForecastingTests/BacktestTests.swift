import Testing
import Vocabulary

@testable import Forecasting

@Suite struct BacktestTests {
    private static let modules = [
        ModuleCoordinates(module: "a", rates: [0.2, 0.1], atOrigin: [1, 0], atTarget: [3, 1]),
        ModuleCoordinates(module: "b", rates: [0.3], atOrigin: [-1], atTarget: [1]),
    ]

    /// 10 steps on: predicted 2, 1 and 3, moved 2, 1 and 2.
    @Test func sumsAreThoseOfTheMethod() {
        let test = CoordinateBacktest(model: "tangent", rank: 2, origin: 10, target: 20, coordinates: Self.modules)
        #expect(test.pair.ratio == 2)
        #expect(
            test.pair.sums
                == BacktestSums(
                    actualSquared: 9, actualPredicted: 11, predictedSquared: 14, errorSquared: 1))
        #expect(test.pair.realised == 11.0 / 14)
        #expect(test.pair.skill == 1 - 1.0 / 3)
    }

    @Test func sharesByModuleAndByComponentAddUpToTheWhole() {
        let test = CoordinateBacktest(model: "tangent", rank: 2, origin: 10, target: 20, coordinates: Self.modules)
        #expect(test.modules.map(\.module) == ["a", "b"])
        #expect(test.modules.map(\.total).reduce(.zero, +) == test.pair.sums)
        #expect(test.byComponent.count == 2)
        #expect(test.byComponent.reduce(.zero, +) == test.pair.sums)
        #expect(test.byComponent[1].skill == 1)
        #expect(test.modules[1].total.skill == 0.5)
    }

    @Test func nothingPredictedOrNothingMovedIsNoEvidence() {
        let still = CoordinateBacktest(
            model: "tangent", rank: 1, origin: 10, target: 20,
            coordinates: [ModuleCoordinates(module: "a", rates: [1], atOrigin: [2], atTarget: [2])])
        let silent = CoordinateBacktest(
            model: "tangent", rank: 1, origin: 10, target: 20,
            coordinates: [ModuleCoordinates(module: "a", rates: [0], atOrigin: [2], atTarget: [3])])
        let none = CoordinateBacktest(model: "last", rank: 1, origin: 10, target: 20, coordinates: [])
        for test in [still, silent, none] {
            #expect(test.pair.skill == nil && test.pair.realised == nil && !test.pair.sums.isEvidence)
        }
        #expect(!BacktestSums(actual: .nan, predicted: 1).isFinite)
        #expect(BacktestSums(actual: .infinity, predicted: 1).skill == nil)
    }

    /// Against the same errors computed from the matrices themselves.
    @Test func matrixErrorsFromTheGramMatrixAreThoseOfTheMatrices() throws {
        let run = PlantedRun.moving(steps: everyTen(9), modules: 1, noise: 0.3, seed: 5) { 0.02 * $0 }
        let observations = try zip(run.steps, run.updates).map {
            Observation(step: $0, factor: try UpdateFactor.of($1[0], rank: 2))
        }
        let trajectory = ModuleTrajectory(module: PlantedRun.module(0), observations: observations)
        let parts = observations.map { $0.factor.part(rank: 2) }
        for model in [LineModel(rank: 2), TangentModel(rank: 2), RelexModel(rank: 2)] as [any CombinationModel] {
            let found = try MatrixBacktest(of: model, over: trajectory.gram, origin: 4, target: 8)
            let weights = try model.weights(over: trajectory.gram.prefix(5), at: 90)
            let predicted = zip(weights, parts).reduce(LowRankMatrix.zero) { $0 + $1.1.scaled(by: $1.0) }
            let error = predicted.distance(to: parts[8])
            let stay = parts[4].distance(to: parts[8])
            #expect(abs(found.errorSquared - error * error) < 1e-9)
            #expect(abs(found.persistenceSquared - stay * stay) < 1e-9)
            #expect(abs((found.skill ?? 9) - (1 - error / stay)) < 1e-7)
        }
        #expect(MatrixBacktest.zero.skill == nil)
    }

    @Test func persistenceHasNoSkillAgainstItself() throws {
        let run = PlantedRun.moving(steps: everyTen(6), modules: 1) { $0 }
        let trajectory = ModuleTrajectory(
            module: PlantedRun.module(0),
            observations: try zip(run.steps, run.updates).map {
                Observation(step: $0, factor: try UpdateFactor.of($1[0], rank: 1))
            })
        let sums = try MatrixBacktest(of: LastModel(), over: trajectory.gram, origin: 2, target: 5)
        #expect(abs(sums.skill ?? 9) < 1e-12)
    }
}
