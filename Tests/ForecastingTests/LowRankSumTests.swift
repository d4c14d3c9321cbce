import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

@testable import Forecasting

@Suite struct LowRankSumTests {
    /// Two components whose vectors are orthogonal within each side are their own decomposition.
    @Test func orthogonalTermsAreSortedBySizeAndCut() throws {
        func unit(_ i: Int, _ n: Int) -> [Float] { (0..<n).map { $0 == i ? 1 : 0 } }
        let terms = (0..<4).map { i in
            (
                weight: i % 2 == 0 ? 1.0 : -2.0,
                matrix: LowRankMatrix([RankOneComponent(scale: Double(i + 1), left: unit(i, 6), right: unit(3 - i, 5))])
            )
        }
        let sum = try LowRankSum.truncate(terms, rank: 3)
        #expect(sum.components.map(\.scale) == [8, 4, 3])
        #expect(abs(sum.components[0].left[3]) == 1 && abs(sum.components[0].right[0]) == 1)
    }

    /// The best approximation leaves an error that is orthogonal to it: |A|^2 = |A_k|^2 + |A - A_k|^2.
    @Test(arguments: 1...5) func errorIsOrthogonalToTheApproximation(rank: Int) throws {
        var generator = SeededGenerator(seed: 7)
        let whole = LowRankMatrix((0..<6).map { generator.component(1 / Double($0 + 1), 20, 12) })
        let cut = try LowRankSum.truncate([(weight: 1, matrix: whole)], rank: rank)
        #expect(cut.components.count == rank)
        let square = whole.norm * whole.norm
        #expect(abs(square - cut.norm * cut.norm - cut.distance(to: whole) * cut.distance(to: whole)) < 1e-6 * square)
    }

    @Test func dependentTermsCancelToNothing() throws {
        var generator = SeededGenerator(seed: 8)
        let matrix = LowRankMatrix([generator.component(1, 20, 12), generator.component(0.5, 20, 12)])
        #expect(try LowRankSum.truncate([], rank: 2) == .zero)
        #expect(try LowRankSum.truncate([(weight: 0, matrix: matrix)], rank: 2) == .zero)
        let difference = try LowRankSum.truncate([(weight: 1, matrix: matrix), (weight: -1, matrix: matrix)], rank: 2)
        #expect(difference.norm < 1e-14)
    }

    /// One term is its own decomposition: unit vectors, a scale above 0, the same matrix.
    @Test(arguments: [3.0, -0.25]) func oneTermIsBroughtToUnitNorm(scale: Double) throws {
        let terms = [RankOneComponent(scale: scale, left: [3, 0, -4], right: [0, 2])]
        let found = try LowRankSum.truncate(terms, rank: 4)
        let sign: Float = scale < 0 ? -1 : 1
        #expect(found.components.map(\.scale) == [abs(scale) * 10])
        #expect(found.components[0].left == [sign * 0.6, 0, sign * -0.8] && found.components[0].right == [0, 1])
        #expect(found.distance(to: LowRankMatrix(terms)) < 1e-6 * abs(scale) * 10)
        let nothing = [RankOneComponent(scale: scale, left: [0, 0, 0], right: [0, 2])]
        #expect(try LowRankSum.truncate(nothing, rank: 4) == .zero)
        #expect(throws: LinearAlgebraError.self) {
            try LowRankSum.truncate([RankOneComponent(scale: scale, left: [.nan, 0, 0], right: [0, 2])], rank: 4)
        }
    }

    @Test func moreTermsThanRowsAreFine() throws {
        var generator = SeededGenerator(seed: 9)
        let whole = LowRankMatrix((0..<30).map { _ in generator.component(1, 3, 4) })
        let cut = try LowRankSum.truncate([(weight: 2, matrix: whole)], rank: 3)
        #expect(cut.distance(to: whole.scaled(by: 2)) < 1e-5)
    }

    @Test func numbersThatAreNotFiniteAreRefused() {
        var generator = SeededGenerator(seed: 10)
        let good = generator.component(1, 4, 4)
        for bad in [
            RankOneComponent(scale: .infinity, left: good.left, right: good.right),
            RankOneComponent(scale: 1, left: [.nan, 0, 0, 0], right: good.right),
        ] {
            #expect(throws: LinearAlgebraError.self) {
                try LowRankSum.truncate([(weight: 1, matrix: LowRankMatrix([good, bad]))], rank: 1)
            }
        }
    }
}
