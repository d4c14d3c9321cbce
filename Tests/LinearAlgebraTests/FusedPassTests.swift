import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// Products and sums of a pass computed entry by entry in double precision.
struct ReferencePass {
    let rows: Int
    let columns: Int
    let difference: [Double]

    init(rows: Int, columns: Int, base: StoredElements, checkpoint: StoredElements) {
        (self.rows, self.columns) = (rows, columns)
        difference = zip(base.doubles, checkpoint.doubles).map { $1 - $0 }
    }

    /// `D x`, and for each entry the sum of the magnitudes that go into it.
    func forward(_ x: ArraySlice<Float>) -> [(value: Double, magnitude: Double)] {
        (0..<rows).map { row in
            let terms = zip(difference[row * columns..<(row + 1) * columns], x).map { $0 * Double($1) }
            return (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
        }
    }

    /// `D^T y`, in the same form.
    func backward(_ y: ArraySlice<Double>) -> [(value: Double, magnitude: Double)] {
        var sums = [(value: Double, magnitude: Double)](repeating: (0, 0), count: columns)
        for (row, weight) in zip(0..<rows, y) {
            for column in 0..<columns {
                let term = difference[row * columns + column] * weight
                sums[column] = (sums[column].value + term, sums[column].magnitude + abs(term))
            }
        }
        return sums
    }
}

@Suite struct FusedPassTests {
    /// Weights around 0.02 and a checkpoint that differs by up to 1e-3, in the two types.
    static func pair(
        rows: Int, columns: Int, _ baseType: StoredElementType, _ type: StoredElementType, seed: UInt64,
        sameSign: Bool = false
    ) -> (StoredElements, StoredElements) {
        var random = NumericsGenerator(seed: seed)
        let base = (0..<rows * columns).map { _ in 0.02 * random.uniform() }
        let checkpoint = base.map { $0 + 1e-3 * (sameSign ? 1.1 + random.uniform() : random.uniform()) }
        return (StoredElements(rounding: base, to: baseType), StoredElements(rounding: checkpoint, to: type))
    }

    static func directions(_ count: Int, _ columns: Int, sameSign: Bool = false) -> [Float] {
        var random = NumericsGenerator(seed: 77)
        return (0..<count * columns).map { _ in Float(sameSign ? 0.5 + 0.4 * random.uniform() : random.uniform()) }
    }

    /// Single-precision sums of at most 512 / lanes terms a lane, added in double: a few units of 2^-24 of the sum of
    /// the magnitudes (observed: below 2). 1e-6 is 16 of them.
    static let tolerance = 1e-6

    static func expectAgreement(_ pass: FusedPass, _ reference: ReferencePass, _ x: [Float], count: Int) {
        let products = pass.products(with: x, count: count)
        let forward = pass.forward(x, count: count)
        #expect(products.forward == forward, "D X alone has the same bits")
        for j in 0..<count {
            let y = products.forward.column(j), z = products.backward.column(j)
            let yError =
                zip(y, reference.forward(x[j * pass.columns..<(j + 1) * pass.columns]))
                .map { abs($0 - $1.value) / max($1.magnitude, .leastNormalMagnitude) }.max() ?? 0
            let zError =
                zip(z, reference.backward(y))
                .map { abs($0 - $1.value) / max($1.magnitude, .leastNormalMagnitude) }.max() ?? 0
            #expect(yError <= tolerance)
            #expect(zError <= tolerance)
        }
    }

    @Test(arguments: StoredElementType.allCases, StoredElementType.allCases)
    func productsAgreeWithDoubleForEveryPairOfTypes(base: StoredElementType, checkpoint: StoredElementType) {
        let (old, new) = Self.pair(rows: 13, columns: 83, base, checkpoint, seed: 1)
        let reference = ReferencePass(rows: 13, columns: 83, base: old, checkpoint: new)
        for set in InstructionSet.available {
            let pass = FusedPass(rows: 13, columns: 83, base: old, checkpoint: new, instructions: set)
            Self.expectAgreement(pass, reference, Self.directions(3, 83), count: 3)
        }
    }

    /// Tails of vectors, tiles, row groups and column groups.
    @Test(arguments: [
        (1, 1, 1), (1, 700, 2), (700, 1, 2), (2, 3, 5), (3, 5, 1), (4, 16, 4), (5, 17, 6), (7, 31, 7), (33, 511, 8),
        (9, 512, 3), (31, 513, 9), (8, 1025, 12), (65, 40, 5),
    ])
    func productsAgreeWithDoubleForOddShapes(rows: Int, columns: Int, count: Int) {
        let (old, new) = Self.pair(rows: rows, columns: columns, .bfloat16, .bfloat16, seed: UInt64(rows * columns))
        let reference = ReferencePass(rows: rows, columns: columns, base: old, checkpoint: new)
        for set in InstructionSet.available {
            let pass = FusedPass(rows: rows, columns: columns, base: old, checkpoint: new, instructions: set)
            Self.expectAgreement(pass, reference, Self.directions(count, columns), count: count)
        }
    }

    /// With one sign there is no cancellation: the error is relative to the result itself.
    @Test(arguments: [true, false]) func productsAgreeWithDoubleAtTwentyThousandColumns(sameSign: Bool) {
        let (old, new) = Self.pair(rows: 3, columns: 20_000, .float32, .float32, seed: 5, sameSign: sameSign)
        let reference = ReferencePass(rows: 3, columns: 20_000, base: old, checkpoint: new)
        for set in InstructionSet.available {
            let pass = FusedPass(rows: 3, columns: 20_000, base: old, checkpoint: new, instructions: set)
            Self.expectAgreement(pass, reference, Self.directions(1, 20_000, sameSign: sameSign), count: 1)
        }
    }

    @Test func productsAgreeWithDoubleAtTwentyThousandRows() {
        let (old, new) = Self.pair(rows: 20_000, columns: 3, .float32, .float32, seed: 6, sameSign: true)
        let reference = ReferencePass(rows: 20_000, columns: 3, base: old, checkpoint: new)
        let pass = FusedPass(rows: 20_000, columns: 3, base: old, checkpoint: new)
        Self.expectAgreement(pass, reference, Self.directions(2, 3, sameSign: true), count: 2)
    }

    @Test func aScaleThatIsAPowerOfTwoScalesTheProductsExactly() {
        let (old, new) = Self.pair(rows: 9, columns: 40, .bfloat16, .bfloat16, seed: 8)
        let pass = FusedPass(rows: 9, columns: 40, base: old, checkpoint: new)
        let x = Self.directions(2, 40)
        let plain = pass.products(with: x, count: 2), scaled = pass.products(with: x, count: 2, scale: 8)
        #expect(scaled.forward.elements == plain.forward.elements.map { 8 * $0 })
        #expect(scaled.backward.elements == plain.backward.elements.map { 64 * $0 })
    }

    @Test func concurrentPassesGiveTheSameBits() async {
        let (old, new) = Self.pair(rows: 50, columns: 600, .bfloat16, .float16, seed: 9)
        let pass = FusedPass(rows: 50, columns: 600, base: old, checkpoint: new)
        let x = Self.directions(5, 600)
        let expected = pass.products(with: x, count: 5).backward
        await withTaskGroup(of: Matrix.self) { group in
            for _ in 0..<8 { group.addTask { pass.products(with: x, count: 5).backward } }
            for await result in group { #expect(result == expected) }
        }
    }
}

@Suite struct CensusTests {
    @Test(arguments: StoredElementType.allCases, StoredElementType.allCases)
    func sumsOfSquaresAgreeWithDouble(base: StoredElementType, checkpoint: StoredElementType) {
        let (old, new) = FusedPassTests.pair(rows: 11, columns: 537, base, checkpoint, seed: 3)
        let reference = ReferencePass(rows: 11, columns: 537, base: old, checkpoint: new)
        let update = reference.difference.reduce(0) { $0 + $1 * $1 }
        let weights = old.doubles.reduce(0) { $0 + $1 * $1 }
        let identical = zip(old.doubles, new.doubles).count { $0.bitPattern == $1.bitPattern }
        for set in InstructionSet.available {
            let census = FusedPass(rows: 11, columns: 537, base: old, checkpoint: new, instructions: set).census()
            // Squares of one sign, each rounded once, in sums of four: at most five roundings to single precision. In double
            // precision where a side is float64: 6000 squares, far below 6000 ulp.
            let tolerance = base == .float64 || checkpoint == .float64 ? 1e-12 : 5 * 0x1p-24
            #expect(abs(census.updateSquare - update) <= tolerance * update)
            #expect(abs(census.baseSquare - weights) <= tolerance * weights)
            #expect(census.identicalCount == identical)
            #expect(census.nonFiniteCount == 0 && census.firstNonFinite == nil)
        }
    }

    /// Squares of these are zero or infinite in single precision; the sums are not.
    @Test(arguments: [1e-30, 1e-22, 1e20, 1e30])
    func squaresThatSinglePrecisionCannotHoldAreSummedInDouble(size: Double) {
        var random = NumericsGenerator(seed: 4)
        let base = (0..<5 * 700).map { _ in Float(size * random.uniform()) }
        let checkpoint = base.map { $0 * 1.5 }
        let update = zip(base, checkpoint).reduce(0) { $0 + pow(Double($1.1) - Double($1.0), 2) }
        let weights = base.reduce(0) { $0 + Double($1) * Double($1) }
        for set in InstructionSet.available {
            let census = FusedPass(
                rows: 5, columns: 700, base: .float32(base), checkpoint: .float32(checkpoint), instructions: set
            ).census()
            #expect(abs(census.updateSquare - update) <= 1e-12 * update && census.nonFiniteCount == 0)
            #expect(abs(census.baseSquare - weights) <= 1e-12 * weights)
        }
    }

    @Test func anEntryOfOtherSignOfZeroIsNotIdentical() {
        let pass = FusedPass(
            rows: 1, columns: 3, base: .float32([0, 0, 1]), checkpoint: .float32([0, -0.0, 1]))
        #expect(pass.census().identicalCount == 2)
        #expect(pass.census().updateSquare == 0)
    }

    @Test(arguments: StoredElementType.allCases, [Double.nan, .infinity, -.infinity])
    func entriesThatAreNotFiniteAreCountedAndTheFirstIsFound(type: StoredElementType, bad: Double) {
        for (row, column) in [(0, 0), (3, 15), (3, 16), (6, 599), (6, 600), (2, 511), (2, 512)] {
            var values = [Double](repeating: 0.5, count: 7 * 601)
            values[row * 601 + column] = bad
            values[7 * 601 - 1] = bad
            let good = StoredElements(rounding: [Double](repeating: 0.25, count: 7 * 601), to: .float32)
            let broken = StoredElements(rounding: values, to: type)
            let expected = row * 601 + column == 7 * 601 - 1 ? 1 : 2
            for set in InstructionSet.available {
                for (old, new) in [(good, broken), (broken, good)] {
                    let census = FusedPass(rows: 7, columns: 601, base: old, checkpoint: new, instructions: set)
                        .census()
                    #expect(census.nonFiniteCount == expected)
                    #expect(census.firstNonFinite == row * 601 + column)
                }
            }
        }
    }

    @Test func infinityOnBothSidesIsNotFinite() {
        let pass = FusedPass(
            rows: 1, columns: 2, base: .float32([.infinity, 0]), checkpoint: .float32([.infinity, 0]))
        #expect(pass.census().nonFiniteCount == 1)
    }
}
