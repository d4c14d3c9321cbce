import Checkpoints
import LinearAlgebra
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import WeightUpdates

/// Updates whose weights are read a block of rows after the other, in each pass anew.
@Suite struct BlockTests {
    static let rows = 300, columns = 90

    private func planted() throws -> PlantedUpdate {
        try PlantedUpdate(
            rows: Self.rows, columns: Self.columns, values: FactorAccuracyTests.spectrum, base: .bfloat16,
            checkpoint: .bfloat16, weights: 0.02)
    }

    private func blocked(
        _ planted: PlantedUpdate, rows: Int, failing: Int = .max
    ) -> UpdateMatrix {
        let counter = Counter()
        return UpdateMatrix(module: planted.module, blockRows: rows, isUnchanged: false) {
            range throws(CheckpointError) in
            guard counter.next() < failing else { throw .missingTensor(planted.module.name, directory: "/gone") }
            return (planted.base.rows(range, of: Self.columns), planted.checkpoint.rows(range, of: Self.columns))
        }
    }

    @Test(arguments: [1, 64, 128, 200]) func factorsAndCoordinatesHaveTheSameBits(rows: Int) throws {
        let planted = try planted()
        let update = blocked(planted, rows: rows)
        let solver = UpdateFactoriser(rank: 3)
        let factor = try solver.factor(of: planted.update)
        #expect(try solver.factor(of: update) == factor)
        let directions = factor.triplets.map { RankOneComponent(scale: 1, left: $0.left, right: $0.right) }
        #expect(try update.coordinates(along: directions) == planted.update.coordinates(along: directions))
    }

    /// 300 rows are five blocks of 64: reads 0 to 4 are the first pass, 5 to 9 the second.
    @Test(arguments: [0, 4, 5, 7]) func aReadThatFailsIsToldWithItsReason(read: Int) throws {
        let planted = try planted()
        let expected = UpdateError.unreadable(
            module: planted.module.name, .missingTensor(planted.module.name, directory: "/gone"))
        #expect(throws: expected) {
            try UpdateFactoriser(rank: 2).factor(of: blocked(planted, rows: 64, failing: read))
        }
        #expect(expected.description.contains("could not be read again: "))
        let direction = RankOneComponent(
            scale: 1, left: [Float](repeating: 1, count: Self.rows), right: [Float](repeating: 1, count: Self.columns))
        let update = blocked(planted, rows: 64, failing: min(read, 4))
        #expect(throws: expected) { try update.coordinates(along: [direction]) }
    }

    @Test(arguments: [(1, 64), (63, 64), (64, 64), (127, 64), (128, 128), (1000, 960)])
    func blocksHaveAMultipleOfSixtyFourRows(fitting: Int, expected: Int) {
        #expect(UpdateMatrix.blockRows(fitting: fitting) == expected)
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}

extension TensorValues {
    func rows(_ range: Range<Int>, of columns: Int) -> TensorValues {
        let part = range.lowerBound * columns..<range.upperBound * columns
        return switch self {
        case .bfloat16(let bits): .bfloat16(Array(bits[part]))
        case .float16(let bits): .float16(Array(bits[part]))
        case .float32(let values): .float32(Array(values[part]))
        case .float64(let values): .float64(Array(values[part]))
        }
    }
}
