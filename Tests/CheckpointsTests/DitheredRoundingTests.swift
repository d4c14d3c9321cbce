import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

@Suite struct DitheredRoundingTests {
    private let dither = DitheredRounding(tensor: "model.layers.0.mlp.down_proj.weight")

    /// A value a fraction f above a bfloat16 goes up in a share f of n places, to 5 standard deviations of a fair draw.
    @Test(arguments: [0.01, 0.25, 0.5, 0.9])
    func theMeanIsTheValueItself(fraction: Double) {
        let count = 40_000
        let value = Float(1 + fraction * 0x1p-7)
        let up = dither.round([Float](repeating: value, count: count), first: 0, to: .bfloat16).floats()
            .count { $0 > value }
        let deviation = (Double(count) * fraction * (1 - fraction)).squareRoot()
        #expect(abs(Double(up) - fraction * Double(count)) < 5 * deviation)
    }

    @Test func whatTheTypeCanHoldStaysBitForBit() {
        let held = (0..<UInt16.max).filter { $0 & 0x7F80 != 0x7F80 }
        let values = TensorValues.bfloat16(Array(held))
        #expect(dither.round(values.floats(), first: 7, to: .bfloat16) == values)
        let halves = TensorValues.float16((0..<UInt16.max).filter { $0 & 0x7C00 != 0x7C00 })
        #expect(dither.round(halves.floats(), first: 7, to: .float16) == halves)
    }

    @Test func infinityAndNaNAreRoundedToNearest() {
        let hard: [Float] = [.infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude]
        #expect(dither.round(hard, first: 0, to: .bfloat16) == .rounding(hard, to: .bfloat16))
        #expect(dither.round(hard, first: 0, to: .float16) == .rounding(hard, to: .float16))
    }

    @Test func blocksMakeNoDifference() {
        var generator = SeededGenerator(seed: 5)
        let values = (0..<100).map { _ in Float.random(in: -2...2, using: &generator) }
        let whole = dither.round(values, first: 0, to: .bfloat16).floats()
        let parts = [0..<33, 33..<34, 34..<100].flatMap { range in
            dither.round(Array(values[range]), first: range.lowerBound, to: .bfloat16).floats()
        }
        #expect(whole == parts)
    }

    /// Computed with Python from the definitions of FNV-1a and SplitMix64: four numbers from each output, the lowest bits first.
    @Test func theNoiseIsTheDocumentedHash() {
        let named = DitheredRounding(tensor: "w")
        #expect([0, 1, 2, 3, 4, 1001].map(named.noise) == [15868, 18804, 23295, 58789, 9591, 65268])
    }

    @Test func tensorsHaveNoiseOfTheirOwn() {
        let other = DitheredRounding(tensor: "model.layers.1.mlp.down_proj.weight")
        #expect((0..<100).map(other.noise) != (0..<100).map(dither.noise))
    }
}
