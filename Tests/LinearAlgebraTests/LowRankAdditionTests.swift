import LinearAlgebra
import TestSupport
import Testing

@Suite struct LowRankAdditionTests {
    static func component(_ scale: Double, _ rows: Int, _ columns: Int, seed: UInt64) -> (Double, [Float], [Float]) {
        var random = NumericsGenerator(seed: seed)
        return (scale, random.normals(rows).map(Float.init), random.normals(columns).map(Float.init))
    }

    static func weights(_ count: Int, _ type: StoredElementType, seed: UInt64 = 5) -> StoredElements {
        var random = NumericsGenerator(seed: seed)
        return StoredElements(rounding: random.normals(count).map { 0.02 * $0 }, to: type)
    }

    static func patterns(_ elements: StoredElements) -> [UInt64] {
        switch elements {
        case .bfloat16(let bits), .float16(let bits): bits.map(UInt64.init)
        case .float32(let values): values.map { UInt64($0.bitPattern) }
        case .float64(let values): values.map(\.bitPattern)
        }
    }

    /// One component: two products and the sum are one rounding each in single precision, then one to the type.
    @Test(
        arguments: [StoredElementType.bfloat16, .float16, .float32], [StoredElementType.bfloat16, .float16, .float32])
    func oneComponentIsAddedInSinglePrecisionAndRoundedOnce(source: StoredElementType, type: StoredElementType) {
        let (rows, columns) = (5, 1037)
        let weights = Self.weights(rows * columns, source)
        let (scale, left, right) = Self.component(1e-3, rows, columns, seed: 6)
        let expected = weights.doubles.enumerated().map { index, weight -> Double in
            let displacement = Float(scale) * left[index / columns] * right[index % columns]
            return Double(Float(weight) + displacement)
        }
        for set in InstructionSet.available {
            let sum = LowRankAddition(rows: rows, columns: columns, components: [(scale, left, right)])
                .added(to: weights, rows: 0..<rows, as: type, instructions: set)
            #expect(Self.patterns(sum) == Self.patterns(StoredElements(rounding: expected, to: type)))
        }
    }

    /// Terms of about 1e-3 in double precision; a fused multiplication differs by less than an ulp each.
    @Test func aFloat64SourceIsAddedInDoublePrecision() {
        let (rows, columns) = (4, 600)
        let weights = Self.weights(rows * columns, .float64)
        let parts = (0..<3).map { Self.component(1e-3, rows, columns, seed: 40 + $0) }
        let sum = LowRankAddition(rows: rows, columns: columns, components: parts.map { ($0.0, $0.1, $0.2) })
            .added(to: weights, rows: 0..<rows).doubles
        for (index, weight) in weights.doubles.enumerated() {
            let exact = parts.reduce(weight) {
                $0 + $1.0 * Double($1.1[index / columns]) * Double($1.2[index % columns])
            }
            #expect(abs(sum[index] - exact) <= 8 * 0.05 * Double.ulpOfOne)
        }
    }

    @Test func aFloat64SourceIsRoundedToBFloat16Once() {
        // 1 + 2^-8 is a tie; a little below or above it must not be lost on the way through float32.
        let tie = 1 + 0x1p-8
        let source = StoredElements.float64([tie, tie + 0x1p-40, tie - 0x1p-40])
        let sum = LowRankAddition(rows: 1, columns: 3, components: []).added(to: source, rows: 0..<1, as: .bfloat16)
        #expect(sum == .bfloat16([0x3f80, 0x3f81, 0x3f80]))
    }

    @Test(arguments: StoredElementType.allCases) func withoutDisplacementEveryBitIsKept(type: StoredElementType) {
        var values = Self.weights(7 * 530, type).doubles
        values[3] = -0.0
        values[600] = 0
        let source = StoredElements(rounding: values, to: type)
        let still: (Double, [Float], [Float]) = (0, .init(repeating: 1, count: 7), .init(repeating: -1, count: 530))
        let none = LowRankAddition(rows: 7, columns: 530, components: [])
        #expect(Self.patterns(none.added(to: source, rows: 0..<7)) == Self.patterns(source))
        for set in InstructionSet.available {
            let sum = LowRankAddition(rows: 7, columns: 530, components: [still])
                .added(to: source, rows: 0..<7, instructions: set)
            #expect(Self.patterns(sum) == Self.patterns(source))
        }
    }

    @Test func rangesOfRowsGiveTheSameBitsAsTheWhole() {
        let weights = Self.weights(9 * 40, .bfloat16)
        guard case .bfloat16(let bits) = weights else { return }
        let parts = (0..<4).map { Self.component(1e-2, 9, 40, seed: 60 + $0) }
        let addition = LowRankAddition(rows: 9, columns: 40, components: parts.map { ($0.0, $0.1, $0.2) })
        let whole = Self.patterns(addition.added(to: weights, rows: 0..<9))
        let pieces = [0..<1, 1..<1, 1..<6, 6..<9].flatMap { range in
            Self.patterns(
                addition.added(to: .bfloat16(Array(bits[range.lowerBound * 40..<range.upperBound * 40])), rows: range))
        }
        #expect(whole == pieces)
    }
}
