import Testing
import Vocabulary

@testable import Forecasting

@Suite struct TrajectoryFiguresTests {
    private static func figures(_ run: PlantedRun, module: Int = 0) throws -> TrajectoryFigures {
        TrajectoryFigures(
            of: ModuleTrajectory(
                module: PlantedRun.module(module),
                observations: try zip(run.steps, run.updates).map {
                    Observation(step: $0, factor: try UpdateFactor.of($1[module], rank: 2, baseNorm: 4))
                }))
    }

    @Test func aStraightRunHasPerfectFigures() throws {
        let figures = try Self.figures(PlantedRun.moving(steps: everyTen(8)) { 0.01 * $0 })
        for value in [figures.energyShare, figures.directionCosine, figures.linearityR2] {
            #expect(abs((value ?? 0) - 1) < 1e-6)
        }
        #expect(abs((figures.relativeUpdateNorm ?? 0) - 0.2) < 1e-6)
    }

    /// Values 1 2 3 along one direction and then 2: mean 2, sum of squares 2, slope 0.4 with spread 5.
    @Test func linearityIsTheExplainedShareOfTheVariance() throws {
        let values: [Double: Double] = [10: 1, 20: 2, 30: 3, 40: 2]
        let figures = try Self.figures(PlantedRun.moving(steps: everyTen(4)) { values[$0] ?? 0 })
        #expect(abs((figures.linearityR2 ?? 0) - 0.4) < 1e-6)
    }

    @Test func theCosineSkipsZeroUpdatesAndIgnoresSigns() throws {
        let values: [Double: Double] = [10: 1, 20: 0, 30: -2]
        let figures = try Self.figures(PlantedRun.moving(steps: everyTen(3)) { values[$0] ?? 0 })
        #expect(abs((figures.directionCosine ?? 0) - 1) < 1e-6)
    }

    @Test func whatCannotBeSaidIsNil() throws {
        let still = try Self.figures(PlantedRun.moving(steps: everyTen(4)) { _ in 0 })
        #expect(still.energyShare == nil && still.directionCosine == nil && still.linearityR2 == nil)
        #expect(still.relativeUpdateNorm == 0)
        let first = try Self.figures(PlantedRun.moving(steps: [10]) { $0 })
        #expect(first.directionCosine == nil && first.linearityR2 == nil && first.energyShare != nil)
    }

    @Test func mediansAreOverTheModulesThatHaveAFigure() {
        func figures(_ share: Double?) -> TrajectoryFigures {
            TrajectoryFigures(energyShare: share, directionCosine: nil, linearityR2: nil, relativeUpdateNorm: share)
        }
        #expect(TrajectoryFigures.median(of: [figures(0.1), figures(nil), figures(0.3)]).energyShare == 0.2)
        #expect(TrajectoryFigures.median(of: [figures(0.1), figures(0.5), figures(0.3)]).energyShare == 0.3)
        #expect(TrajectoryFigures.median(of: []).energyShare == nil)
    }
}
