import Checkpoints
import TestSupport
import Testing
import Vocabulary

@testable import WeightUpdates

/// Weights that are bit for bit the base's are noticed before anything is computed.
@Suite struct UnchangedTests {
    static let module = Module(name: "m", rows: 3, columns: 4)

    @Test func aFrozenWeightHasNoCoordinatesAndTheNormOfItsBase() throws {
        let values = TensorValues.float32((0..<12).map { Float($0) })
        let update = UpdateMatrix(module: Self.module, base: values, checkpoint: values)
        #expect(update.isUnchanged)
        let direction = RankOneComponent(scale: 1, left: [1, 0, 0], right: [0, 1, 0, 0])
        #expect(try update.coordinates(along: [direction, direction]) == [0, 0])
        let factor = try UpdateFactoriser(rank: 2).factor(of: update)
        #expect(factor.isZero && factor.unchangedShare == 1 && factor.frobeniusNorm == 0)
        #expect(factor.baseNorm == Double(506).squareRoot())
    }

    /// Equal numbers, other bits: the update is zero, and its entries are not unchanged.
    @Test func aZeroOfOtherSignIsAChange() throws {
        let update = UpdateMatrix(
            module: Self.module, base: .float32([Float](repeating: 0, count: 12)),
            checkpoint: .float32([-0.0] + [Float](repeating: 0, count: 11)))
        #expect(!update.isUnchanged)
        let factor = try UpdateFactoriser(rank: 1).factor(of: update)
        #expect(factor.isZero && factor.unchangedShare == 11.0 / 12)
    }

    @Test func aFrozenWeightThatIsNoNumberIsRefused() {
        let values = TensorValues.float32([.nan] + [Float](repeating: 0, count: 11))
        let update = UpdateMatrix(module: Self.module, base: values, checkpoint: values)
        #expect(throws: UpdateError.nonFinite(module: "m", count: 1, row: 0, column: 0)) {
            try UpdateFactoriser(rank: 1).factor(of: update)
        }
    }
}
