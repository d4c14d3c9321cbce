import LinearAlgebra
import TestSupport
import Testing

/// Conversions against Swift's own `Float16` and against a search for the nearest bfloat16.
@Suite struct RoundingTests {
    static func bfloat16(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// The nearest bfloat16, ties to the even pattern, by comparing distances in double. For finite, normal values.
    static func nearestBFloat16(_ value: Double) -> UInt16 {
        let start = UInt16(truncatingIfNeeded: Float(value).bitPattern >> 16)
        let candidates = [start &- 1, start, start &+ 1].filter { bfloat16($0).isFinite }
        let distances = candidates.map { abs(Double(bfloat16($0)) - value) }
        let least = distances.min() ?? 0
        let nearest = zip(candidates, distances).filter { $1 == least }.map { $0.0 }
        return nearest.first { $0 % 2 == 0 } ?? nearest[0]
    }

    /// Values on, beside and between the representable ones, of all sizes.
    static func awkward(_ count: Int, seed: UInt64, exponents: ClosedRange<Int>) -> [Double] {
        var random = NumericsGenerator(seed: seed)
        return (0..<count).flatMap { _ -> [Double] in
            let exponent = Int.random(in: exponents, using: &random)
            let coarse = Double(Int.random(in: 256...511, using: &random)) * (0.5 / 256)
            let middle = Double(sign: random.uniform() < 0 ? .minus : .plus, exponent: exponent, significand: coarse)
            return [middle, middle.nextUp, middle.nextDown, middle * (1 + 0x1p-30), middle * random.uniform()]
        }
    }

    @Test func every16BitPatternWidensExactly() {
        let patterns = Array(UInt16.min...UInt16.max)
        let brain = StoredElements.bfloat16(patterns).doubles, half = StoredElements.float16(patterns).doubles
        for pattern in patterns {
            let expected = Double(Self.bfloat16(pattern)), expectedHalf = Double(Float16(bitPattern: pattern))
            let place = Int(pattern)
            #expect(brain[place].bitPattern == expected.bitPattern || (brain[place].isNaN && expected.isNaN))
            #expect(half[place].bitPattern == expectedHalf.bitPattern || (half[place].isNaN && expectedHalf.isNaN))
        }
    }

    @Test func every16BitPatternSurvivesTheRoundTrip() {
        let patterns = Array(UInt16.min...UInt16.max)
        for elements in [StoredElements.bfloat16(patterns), .float16(patterns)] {
            let values = elements.doubles
            let back = StoredElements(rounding: values, to: elements.type).doubles
            #expect(zip(values, back).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) })
        }
    }

    @Test func float16IsRoundedOnceToNearestEven() {
        let values = Self.awkward(4000, seed: 31, exponents: -30...17)
        guard case .float16(let bits) = StoredElements(rounding: values, to: .float16) else { return }
        for (value, pattern) in zip(values, bits) { #expect(pattern == Float16(value).bitPattern, "\(value)") }
    }

    @Test func bfloat16IsRoundedOnceToNearestEven() {
        let values = Self.awkward(4000, seed: 32, exponents: -120...120)
        guard case .bfloat16(let bits) = StoredElements(rounding: values, to: .bfloat16) else { return }
        for (value, pattern) in zip(values, bits) { #expect(pattern == Self.nearestBFloat16(value), "\(value)") }
    }

    @Test func valuesBeyondTheRangeBecomeInfiniteAndNaNStaysNaN() {
        let values: [Double] = [1e39, -1e39, .infinity, -.infinity, .nan, 65519.9, 65520, 0, -0.0, 1e-60]
        guard case .float16(let half) = StoredElements(rounding: values, to: .float16),
            case .bfloat16(let brain) = StoredElements(rounding: values, to: .bfloat16)
        else { return }
        #expect(Array(half[..<4]) == [0x7c00, 0xfc00, 0x7c00, 0xfc00])
        #expect(Array(brain[..<4]) == [0x7f80, 0xff80, 0x7f80, 0xff80])
        #expect(Float16(bitPattern: half[4]).isNaN && Self.bfloat16(brain[4]).isNaN)
        #expect(Array(half[5...]) == [0x7bff, 0x7c00, 0, 0x8000, 0])
        #expect(Array(brain[7...]) == [0, 0x8000, 0])
    }
}
