import Checkpoints
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

@testable import WeightUpdates

struct ExactFactorisationTests {
    @Test(arguments: [(9, 14), (14, 9), (1, 6)], [ElementType.float32, .bfloat16])
    func itIsTheDenseDecompositionOfWhatIsStored(shape: (Int, Int), type: ElementType) throws {
        let (rows, columns) = shape
        let values = Array([3, 1, 0.25].prefix(min(rows, columns)))
        let planted = try PlantedUpdate(
            rows: rows, columns: columns, values: values, base: type, checkpoint: type, weights: 0.1)
        let factor = try ExactFactorisation.factor(
            module: planted.module, base: planted.base, checkpoint: planted.checkpoint, rank: 2)
        #expect(factor.triplets.count == min(2, min(rows, columns)))
        for (place, triplet) in factor.triplets.enumerated() {
            #expect(abs(triplet.sigma - planted.exact.values[place]) < 1e-12)
            #expect(triplet.left.count == rows && triplet.right.count == columns)
            let image = (0..<rows).map { row in
                (0..<columns).reduce(0) { $0 + planted.dense[row, $1] * Double(triplet.right[$1]) }
            }
            // D v = s u, with v rounded to float32.
            for (found, left) in zip(image, triplet.left) {
                #expect(abs(found - triplet.sigma * Double(left)) < 1e-6 * planted.exact.values[0])
            }
        }
        let square = planted.dense.elements.reduce(0) { $0 + $1 * $1 }
        #expect(abs(factor.frobeniusNorm - square.squareRoot()) < 1e-12)
    }

    @Test func moreTripletsThanThereAreGiveThoseThatAre() throws {
        let planted = try PlantedUpdate(rows: 12, columns: 8, values: [2, 1])
        let factor = try ExactFactorisation.factor(
            module: planted.module, base: planted.base, checkpoint: planted.checkpoint, rank: 100)
        #expect((2...8).contains(factor.triplets.count))
        let kept = factor.triplets.reduce(0) { $0 + $1.sigma * $1.sigma }.squareRoot()
        #expect(abs(kept - factor.frobeniusNorm) < 1e-12)
    }

    @Test func anUpdateOfZeroHasNoTriplets() throws {
        let module = Module(name: "w", rows: 2, columns: 3)
        let weights = TensorValues.float32([1, 2, 3, 4, 5, 6])
        let factor = try ExactFactorisation.factor(module: module, base: weights, checkpoint: weights, rank: 3)
        #expect(factor.isZero && factor.frobeniusNorm == 0 && factor.unchangedShare == 1)
    }

    @Test func aWeightThatIsNoNumberIsRefusedWithItsPlace() {
        let module = Module(name: "w", rows: 2, columns: 3)
        #expect(throws: UpdateError.nonFinite(module: "w", count: 1, row: 1, column: 2)) {
            try ExactFactorisation.factor(
                module: module, base: .float32([1, 2, 3, 4, 5, 6]), checkpoint: .float32([1, 2, 3, 4, 5, .nan]), rank: 3
            )
        }
    }
}
