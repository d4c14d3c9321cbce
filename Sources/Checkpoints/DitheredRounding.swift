import Vocabulary

/// Rounds to bfloat16 or float16 so that nothing is lost on average: up or down by chance, with the probability that
/// makes the expected result the value itself. A value that the type can hold stays as it is.
///
/// Why: a predicted movement is mostly smaller than half a unit in the last place. Nearest-even would erase it in all but
/// the smallest weights and so apply a distorted part of it (docs/decisions/0010). The chance is a hash of the
/// tensor's name and the element's place: the same weights are the same bits on every machine.
public struct DitheredRounding: Sendable {
    /// Of SplitMix64: FNV-1a, 64 bits, over the UTF-8 of the tensor's name.
    public let seed: UInt64

    public init(tensor: TensorName) { seed = Self.seed(of: tensor) }

    /// FNV-1a, 64 bits, over the UTF-8 name.
    static func seed(of tensor: TensorName) -> UInt64 {
        tensor.text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// 16 bits for one element: of output `index / 4` of SplitMix64 (Steele et al., 2014) the (`index` mod 4)th, from the
    /// lowest.
    @inline(__always)
    func noise(_ index: Int) -> UInt16 {
        var state = seed &+ UInt64(truncatingIfNeeded: index / 4 + 1) &* 0x9E37_79B9_7F4A_7C15
        state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
        return UInt16(truncatingIfNeeded: (state ^ (state >> 31)) >> UInt64(16 * (index % 4)))
    }

    /// - Parameter index: the element's place in the whole tensor, row-major.
    func bfloat16(_ value: Float, _ index: Int) -> UInt16 {
        let bits = value.bitPattern
        // Infinity and NaN, and what a step up could make infinite.
        guard bits & 0x7F80_0000 < 0x7F00_0000 else { return Rounding.bfloat16(value) }
        return UInt16(truncatingIfNeeded: (bits &+ UInt32(noise(index))) >> 16)
    }

    /// Below its normal numbers (2^-14) to nearest even.
    func float16(_ value: Float, _ index: Int) -> UInt16 {
        guard (0x1p-14..<0x1p15).contains(value.magnitude) else { return Rounding.float16(value) }
        return Float16(Float(bitPattern: (value.bitPattern &+ UInt32(noise(index) >> 3)) & ~0x1FFF)).bitPattern
    }

    /// - Parameter first: place of the first value in the whole tensor, row-major.
    public func round(_ values: [Float], first: Int, to type: ElementType) -> TensorValues {
        switch type {
        case .bfloat16: .bfloat16(values.indices.map { bfloat16(values[$0], first + $0) })
        case .float16: .float16(values.indices.map { float16(values[$0], first + $0) })
        case .float32, .float64: .rounding(values, to: type)
        }
    }

    /// From double, by way of float32 where the type is one of the short ones.
    public func round(_ values: [Double], first: Int, to type: ElementType) -> TensorValues {
        switch type {
        case .bfloat16, .float16: round(values.map { Float($0) }, first: first, to: type)
        case .float32, .float64: .rounding(values, to: type)
        }
    }
}
