import TestSupport
import Testing

@testable import LinearAlgebra

/// A sweep over blocks of rows, against the one over all of them.
@Suite struct BlockedPassTests {
    private static func blocked(
        _ old: StoredElements, _ new: StoredElements, rows: Int, columns: Int, by blockRows: Int
    ) -> BlockedPass<Never> {
        BlockedPass(rows: rows, columns: columns, blockRows: blockRows) { range in
            FusedPass(
                rows: range.count, columns: columns, base: old.rows(range, of: columns),
                checkpoint: new.rows(range, of: columns))
        }
    }

    @Test(arguments: [(1, 5), (64, 7), (65, 83), (200, 513), (256, 40)], [1, 64, 100, 129, 1000])
    func blocksOfAnySizeGiveTheSameBits(shape: (rows: Int, columns: Int), blockRows: Int) {
        let (rows, columns) = shape
        let types: [(StoredElementType, StoredElementType)] = [
            (.bfloat16, .bfloat16), (.float32, .float64), (.float16, .bfloat16),
        ]
        for (first, second) in types {
            let (old, new) = FusedPassTests.pair(rows: rows, columns: columns, first, second, seed: 31)
            let whole = FusedPass(rows: rows, columns: columns, base: old, checkpoint: new)
            let blocked = Self.blocked(old, new, rows: rows, columns: columns, by: blockRows)
            let x = FusedPassTests.directions(3, columns)
            let expected = whole.products(with: x, count: 3, scale: 2, takingCensus: true)
            let found = blocked.products(with: x, count: 3, scale: 2, takingCensus: true)
            #expect(found.forward == expected.forward)
            #expect(found.backward == expected.backward)
            #expect(found.census == expected.census)
            #expect(blocked.forward(x, count: 3) == whole.forward(x, count: 3))
            #expect(blocked.census() == whole.census())
        }
    }

    @Test(arguments: [0, 63, 64, 150, 199]) func theFirstBadEntryIsCountedFromTheFirstRow(row: Int) {
        let rows = 200, columns = 9
        var values = [Float](repeating: 1, count: rows * columns)
        values[row * columns + 4] = .nan
        values[rows * columns - 1] = .infinity
        let good = StoredElements.float32([Float](repeating: 0.5, count: rows * columns))
        let census = Self.blocked(good, .float32(values), rows: rows, columns: columns, by: 64).census()
        #expect(census.firstNonFinite == row * columns + 4)
        #expect(census.nonFiniteCount == 2)
    }

    @Test func aBlockThatCannotBeReadEndsTheSweep() {
        struct Gone: Error, Equatable { let rows: Range<Int> }
        let (old, new) = FusedPassTests.pair(rows: 130, columns: 4, .float32, .float32, seed: 2)
        let pass = BlockedPass<Gone>(rows: 130, columns: 4, blockRows: 64) { range throws(Gone) in
            if range.lowerBound == 64 { throw Gone(rows: range) }
            return FusedPass(
                rows: range.count, columns: 4, base: old.rows(range, of: 4), checkpoint: new.rows(range, of: 4))
        }
        let x = FusedPassTests.directions(1, 4)
        #expect(throws: Gone(rows: 64..<128)) { try pass.forward(x, count: 1) }
        #expect(throws: Gone(rows: 64..<128)) { try pass.products(with: x, count: 1) }
        #expect(throws: Gone(rows: 64..<128)) { try pass.census() }
    }
}

extension StoredElements {
    func rows(_ range: Range<Int>, of columns: Int) -> StoredElements {
        let part = range.lowerBound * columns..<range.upperBound * columns
        return switch self {
        case .bfloat16(let bits): .bfloat16(Array(bits[part]))
        case .float16(let bits): .float16(Array(bits[part]))
        case .float32(let values): .float32(Array(values[part]))
        case .float64(let values): .float64(Array(values[part]))
        }
    }
}
