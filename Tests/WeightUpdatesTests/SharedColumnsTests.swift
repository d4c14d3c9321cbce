import Checkpoints
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

@testable import WeightUpdates

@Suite struct SharedColumnsTests {
    static func vectors(_ count: Int, length: Int, seed: UInt64) -> [[Float]] {
        var random = NumericsGenerator(seed: seed)
        return (0..<count).map { _ in (0..<length).map { _ in Float(random.uniform()) } }
    }

    /// `sum weights * vectors`, rounded to single precision as a stored direction is.
    static func sum(_ vectors: [[Float]], _ weights: [Double]) -> [Float] {
        vectors[0].indices.map { i in
            Float(zip(vectors, weights).reduce(0) { $0 + Double($1.0[i]) * $1.1 })
        }
    }

    @Test func equalVectorsAndSumsNeedNoColumn() {
        let own = Self.vectors(3, length: 40, seed: 1)
        let sum = Self.sum(own, [0.5, -0.25, 2])
        let shared = SharedColumns([own[0], own[0], own[1], own[2], sum, [Float](repeating: 0, count: 40)])
        #expect(shared.columns == own)
        #expect(shared.sums[0].map(\.column) == [0] && shared.sums[0][0].weight == 1)
        for (found, expected) in zip(shared.sums[4].map(\.weight), [0.5, -0.25, 2]) {
            #expect(abs(found - expected) < 1e-6)
        }
        #expect(shared.sums[5].allSatisfy { $0.weight == 0 })
    }

    /// A vector that is nearly a sum is none: a hundred times the tolerance, and what takes large weights.
    @Test func whatIsNotASumKeepsItsColumn() {
        let own = Self.vectors(2, length: 40, seed: 2)
        var nearly = Self.sum(own, [1, 1])
        nearly[0] += 1e-4 * Float(40).squareRoot()
        let close = Self.sum(own, [1, 1e-4]), far = Self.sum([own[0], close], [-300, 301])
        #expect(SharedColumns([own[0], own[1], nearly]).columns.count == 3)
        #expect(SharedColumns([own[0], close, far]).columns.count == 3, "weights of 601 would carry 601 roundings")
    }

    /// Every coordinate against the one that is computed with a column of its own.
    @Test(arguments: [UInt64(3), 4, 5]) func coordinatesAreThoseOfTheVectorsThemselves(seed: UInt64) throws {
        let rows = 30, columns = 50
        var random = NumericsGenerator(seed: seed)
        let base = (0..<rows * columns).map { _ in Float(random.uniform()) }
        let checkpoint = base.map { $0 + 1e-3 * Float(random.uniform()) }
        let update = UpdateMatrix(
            module: Module(name: "m", rows: rows, columns: columns), base: .float32(base),
            checkpoint: .float32(checkpoint))
        let norm = zip(base, checkpoint).reduce(0) { $0 + Double($1.1 - $1.0) * Double($1.1 - $1.0) }.squareRoot()
        let groups = (0..<3).map { group in
            let lefts = Self.vectors(7, length: rows, seed: seed + 10 * UInt64(group))
            let own = Self.vectors(4, length: columns, seed: seed + 100 + UInt64(group))
            let rights = own + [Self.sum(own, [1, 0.5, 0, -1]), own[2], Self.sum(own, [0, 0, 0, 3])]
            return zip(lefts, rights).map { RankOneComponent(scale: 1, left: $0, right: $1) }
        }
        let found = try update.coordinates(along: groups)
        #expect(found.map(\.count) == [7, 7, 7])
        for (group, coordinates) in zip(groups, found) {
            for (direction, coordinate) in zip(group, coordinates) {
                let alone = try update.coordinates(along: [direction])[0]
                let size =
                    (LongVectors.product(direction.left, direction.left)
                    * LongVectors.product(direction.right, direction.right)).squareRoot()
                #expect(abs(coordinate - alone) <= 1e-6 * norm * size)
            }
        }
    }
}
