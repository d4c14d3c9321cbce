import Foundation
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

@Suite struct TrajectoryProjectionTests {
    private static func trajectory(_ parts: [(Int, LowRankMatrix)], rows: Int, columns: Int) throws -> ModuleTrajectory
    {
        ModuleTrajectory(
            module: Module(name: "planted", rows: rows, columns: columns),
            observations: try parts.map {
                Observation(step: TrainingStep($0.0), factor: try UpdateFactor.of($0.1, rank: 1))
            })
    }

    /// One direction: the coefficient is the scale, the line has its slope, and u does not move.
    @Test func aStraightRunLiesOnItsLine() throws {
        var generator = SeededGenerator(seed: 7)
        let direction = generator.component(1, 20, 15)
        let parts = (1...6).map { i in
            (
                10 * i,
                LowRankMatrix([RankOneComponent(scale: 0.02 * Double(i), left: direction.left, right: direction.right)])
            )
        }
        let found = try TrajectoryProjection(of: Self.trajectory(parts, rows: 20, columns: 15).gram)
        for (coefficient, part) in zip(found.coefficients, parts) {
            #expect(abs(coefficient - part.1.norm) < 1e-6 * 0.12)
        }
        let line = try #require(found.line)
        #expect(abs(line.slope - 0.002) < 1e-8 && abs(line.intercept) < 1e-6)
        #expect(abs((line.r2 ?? 0) - 1) < 1e-6)
        #expect(found.explained.isEmpty, "u does not move")
    }

    /// u turns in a plane by a known angle: all of its variance is in two components, and distances are kept.
    @Test func positionsKeepTheDistancesOfVectorsInAPlane() throws {
        let angles = [0.0, 0.1, 0.25, 0.3, 0.55]
        let parts = angles.enumerated().map { index, angle in
            var left = [Float](repeating: 0, count: 8)
            left[1] = Float(cos(angle))
            left[5] = Float(sin(angle))
            var right = [Float](repeating: 0, count: 4)
            right[2] = 1
            return (index + 1, LowRankMatrix([RankOneComponent(scale: 1, left: left, right: right)]))
        }
        let found = try TrajectoryProjection(of: Self.trajectory(parts, rows: 8, columns: 4).gram)
        let places = found.positions.compactMap(\.self)
        #expect(places.count == angles.count)
        for i in angles.indices {
            for j in angles.indices {
                let drawn = hypot(places[i].x - places[j].x, places[i].y - places[j].y)
                #expect(abs(drawn - 2 * abs(sin((angles[i] - angles[j]) / 2))) < 1e-6, "\(i) \(j)")
            }
        }
        #expect(abs(found.explained.reduce(0, +) - 1) < 1e-6)
        #expect(found.explained[0] > found.explained[1])
        #expect(places[4].x >= 0 && places[4].y >= 0, "the last step fixes the signs")
    }

    @Test func aZeroUpdateHasNoPositionAndNoCoefficient() throws {
        var generator = SeededGenerator(seed: 3)
        let parts = [(1, LowRankMatrix.zero)] + (2...5).map { ($0, LowRankMatrix([generator.component(1, 6, 6)])) }
        let found = try TrajectoryProjection(of: Self.trajectory(parts, rows: 6, columns: 6).gram)
        #expect(found.positions[0] == nil && found.coefficients[0] == 0)
        #expect(found.positions.dropFirst().allSatisfy { $0 != nil })
    }

    @Test func storedRowsGiveTheSameMatrices() throws {
        var generator = SeededGenerator(seed: 11)
        let module = Module(name: "planted", rows: 9, columns: 7)
        var trajectory = ModuleTrajectory(module: module)
        let rows = try (1...5).map { step in
            let update = LowRankMatrix([generator.component(Double(step), 9, 7)])
            return trajectory.append(step: TrainingStep(step), factor: try UpdateFactor.of(update, rank: 1))
        }
        #expect(TrajectoryGram(steps: trajectory.steps, from: rows.reversed()) == trajectory.gram)
        #expect(TrajectoryGram(steps: trajectory.steps, from: rows.filter { $0.step != 5 }) == nil)
    }
}
