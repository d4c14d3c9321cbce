import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

/// Directions of whole models lie in the space of the anchored ones, where they nearly do so anyway.
@Suite struct ComparedSlopesTests {
    static func unit(_ entries: [Double]) -> [Float] {
        let length = entries.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return entries.map { Float($0 / length) }
    }

    static func slope(_ rights: [[Double]], scale: Double = 2) -> LowRankMatrix {
        LowRankMatrix(rights.map { RankOneComponent(scale: scale, left: unit([1, 2]), right: unit($0)) })
    }

    let anchored = Self.slope([[1, 0, 0, 0], [0, 1, 0, 0]])

    @Test func anchoredSlopesAreTakenAsTheyAre() {
        let other = Self.slope([[1, 1, 0.1, 0]])
        #expect(ComparedSlopes.among([(.checkpoint, anchored), (.checkpoint, other)]) == [anchored, other])
    }

    /// (0.8, 0.5, 0.3, 0.1)/norm: 0.89 of 0.99 lie in the first two coordinates.
    @Test func ofAWholeSlopeThePartInTheSpaceIsTaken() throws {
        let whole = Self.slope([[0.8, 0.55, 0.2, 0.1]], scale: 3)
        let square = 0.8 * 0.8 + 0.55 * 0.55 + 0.2 * 0.2 + 0.1 * 0.1
        let inside = (0.8 * 0.8 + 0.55 * 0.55).squareRoot()
        let found = try #require(ComparedSlopes.among([(.base, whole), (.checkpoint, anchored)])[0].components.first)
        #expect(abs(found.scale - 3 * inside / square.squareRoot()) < 1e-6)
        for (entry, expected) in zip(found.right, [0.8 / inside, 0.55 / inside, 0, 0]) {
            #expect(abs(Double(entry) - expected) < 1e-6)
        }
        #expect(found.left == whole.components[0].left)
    }

    @Test func aWholeSlopeThatLiesElsewhereIsTakenAsItIs() {
        let elsewhere = Self.slope([[0.5, 0.5, 0.4, 0]])
        #expect(ComparedSlopes.among([(.checkpoint, anchored), (.base, elsewhere)])[1] == elsewhere)
        #expect(ComparedSlopes.among([(.base, elsewhere)]) == [elsewhere], "no anchored model has a slope")
    }

    /// Two nearly equal vectors span one direction: weights stay small.
    @Test func nearlyEqualAnchoredVectorsAreCountedOnce() throws {
        let twins = Self.slope([[1, 0, 0, 0], [1, 1e-5, 0, 0]])
        let whole = Self.slope([[1, 0.2, 0, 0]])
        let found = try #require(ComparedSlopes.among([(.checkpoint, twins), (.base, whole)])[1].components.first)
        #expect(found.right[0] == 1 && abs(found.right[1]) < 1e-5)
    }
}
