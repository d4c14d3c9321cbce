import Checkpoints
import TestSupport
import Testing
import Vocabulary

struct RoundingTests {
    /// The nearest of all finite bfloat16 values by exact comparison in double, ties to the even pattern.
    private func nearest(_ value: Double, _ values: [(bits: UInt16, value: Double)]) -> UInt16 {
        var best = values[0]
        for candidate in values {
            let (new, old) = ((candidate.value - value).magnitude, (best.value - value).magnitude)
            if new < old || (new == old && candidate.bits % 2 == 0) { best = candidate }
        }
        return best.bits
    }

    @Test func everyBFloat16SurvivesTheWayThroughFloatAndDouble() {
        for bits in UInt16.min...UInt16.max {
            let value = Rounding.float(bfloat16: bits)
            if value.isNaN {
                #expect(Rounding.float(bfloat16: Rounding.bfloat16(value)).isNaN)
                #expect(Rounding.float(bfloat16: Rounding.bfloat16(Double(value))).isNaN)
            } else if Rounding.bfloat16(value) != bits || Rounding.bfloat16(Double(value)) != bits {
                Issue.record("\(bits)")
            }
        }
    }

    @Test func everyFloat16SurvivesTheWayThroughFloatAndDouble() {
        for bits in UInt16.min...UInt16.max {
            let value = Rounding.float(float16: bits)
            if value.isNaN {
                #expect(Rounding.float(float16: Rounding.float16(value)).isNaN)
            } else if Rounding.float16(value) != bits || Rounding.float16(Double(value)) != bits {
                Issue.record("\(bits)")
            }
        }
    }

    /// Sign, exponent and fraction of binary16 by arithmetic (IEEE 754-2019, section 3.4).
    @Test func float16MeansWhatTheStandardSays() {
        for bits in UInt16.min...UInt16.max where bits & 0x7C00 != 0x7C00 {
            let exponent = Int(bits >> 10 & 0x1F)
            let fraction = Float(bits & 0x3FF)
            let magnitude =
                exponent == 0
                ? fraction * 0x1p-24 : (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
            let expected = bits >> 15 == 0 ? magnitude : -magnitude
            if Rounding.float(float16: bits).bitPattern != expected.bitPattern { Issue.record("\(bits)") }
        }
    }

    @Test func bfloat16IsTheNearestAndEvenAmongEquals() {
        let around = (UInt16(0x3F00)...0x4080).map { (bits: $0, value: Double(Rounding.float(bfloat16: $0))) }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            let value = 0.6 + 3 * generator.uniform()
            #expect(Rounding.bfloat16(value) == nearest(value, around))
            #expect(Rounding.bfloat16(Float(value)) == nearest(Double(Float(value)), around))
        }
        for index in around.indices.dropLast() {
            let half = (around[index].value + around[index + 1].value) / 2
            let even = around[index].bits % 2 == 0 ? around[index].bits : around[index + 1].bits
            #expect(Rounding.bfloat16(Float(half)) == even)
            #expect(Rounding.bfloat16(half) == even)
            #expect(Rounding.bfloat16(half.nextUp) == around[index + 1].bits)
            #expect(Rounding.bfloat16(half.nextDown) == around[index].bits)
        }
    }

    @Test func doubleIsRoundedOnceAndNotThroughFloat() {
        // Half way between two bfloat16, and a little more: rounding to float32 first would lose the little.
        let value = 1 + 0x1p-8 + 0x1p-40
        #expect(Rounding.bfloat16(Float(value)) == 0x3F80)
        #expect(Rounding.bfloat16(value) == 0x3F81)
        #expect(Rounding.bfloat16(-value) == 0xBF81)
        let half = 1 + 0x1p-11 + 0x1p-40
        #expect(Rounding.float16(half) == 0x3C01)
        #expect(Rounding.float16(half) == Float16(half).bitPattern)
    }

    @Test func extremesBecomeWhatIEEESays() {
        #expect(Rounding.bfloat16(Float.infinity) == 0x7F80)
        #expect(Rounding.bfloat16(-Float.greatestFiniteMagnitude) == 0xFF80)
        #expect(Rounding.bfloat16(Double.greatestFiniteMagnitude) == 0x7F80)
        #expect(Rounding.bfloat16(Double.leastNonzeroMagnitude) == 0)
        #expect(Rounding.bfloat16(-0.0 as Float) == 0x8000)
        #expect(Rounding.bfloat16(Float(bitPattern: 0x7F80_0001)) == 0x7FC0)
        #expect(Rounding.bfloat16(Double.nan) & 0x7FFF > 0x7F80)
        #expect(Rounding.float16(65519.99 as Float) == 0x7BFF)
        #expect(Rounding.float16(65520 as Float) == 0x7C00)
        #expect(Rounding.float16(0x1p-25 as Float) == 0)
        #expect(Rounding.float16((0x1p-25 as Float).nextUp) == 1)
    }

    @Test func randomDoublesAreRoundedAsByTheLanguage() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next() & 0xBFFF_FFFF_FFFF_FFFF | 0x3000_0000_0000_0000)
            guard value.isFinite else { continue }
            #expect(Rounding.float16(value) == Float16(value).bitPattern)
        }
    }

    @Test func conversionToTheSameTypeIsTheSameBits() {
        let values = TensorValues.bfloat16([0x7F81, 0x8000, 1])
        #expect(values.converted(to: .bfloat16) == values)
        #expect(TensorValues.float64([1 + 0x1p-8 + 0x1p-40]).converted(to: .bfloat16) == .bfloat16([0x3F81]))
        #expect(TensorValues.bfloat16([0x3F81]).converted(to: .float64) == .float64([1 + 0x1p-7]))
    }
}
