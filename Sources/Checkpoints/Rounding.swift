/// One number from one type to another: to nearest, ties to even, as IEEE 754 says. Infinity stays infinity, what is
/// beyond the largest number becomes infinity, NaN stays NaN (quiet, its sign and upper payload bits kept).
public enum Rounding {
    /// The upper half of a float32, rounded.
    @inlinable
    public static func bfloat16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040 }
        // Half of the last place that stays, less one where the number before it is even: ties go to even.
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }

    /// From double in one rounding, not through a rounded float32.
    @inlinable
    public static func bfloat16(_ value: Double) -> UInt16 { bfloat16(roundedToOdd(value)) }

    @inlinable
    public static func float(bfloat16 bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    @inlinable
    public static func float16(_ value: Float) -> UInt16 { Float16(value).bitPattern }

    @inlinable
    public static func float16(_ value: Double) -> UInt16 { Float16(roundedToOdd(value)).bitPattern }

    /// Exact. Exponent and fraction are moved to their places in a float32 and multiplied by the difference of the two
    /// biases, which also makes subnormal numbers normal; without branches, so that loops over it are vectorised.
    @inlinable
    public static func float(float16 bits: UInt16) -> Float {
        let magnitude = UInt32(bits & 0x7FFF) << 13
        let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
        let value = magnitude >= 0x7C00 << 13 ? magnitude | 0x7F80_0000 : finite
        return Float(bitPattern: value | UInt32(bits & 0x8000) << 16)
    }

    /// The float32 next to `value` towards zero, its last bit set where anything was cut off: rounding it once more to
    /// a type with at least two fewer bits gives what rounding `value` itself would (Boldo and Melquiond, 2008).
    @inlinable
    static func roundedToOdd(_ value: Double) -> Float {
        let nearest = Float(value)
        if !value.isFinite || Double(nearest) == value { return nearest }
        var bits = nearest.bitPattern
        if Double(nearest).magnitude > value.magnitude { bits -= 1 }
        return Float(bitPattern: bits | 1)
    }
}
