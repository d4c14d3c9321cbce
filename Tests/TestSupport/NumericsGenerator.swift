/// Random numbers for numerical tests: the same for the same seed, on every machine (SplitMix64).
public struct NumericsGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in -1..<1.
    public mutating func uniform() -> Double { Double(Int64(bitPattern: next())) * 0x1p-63 }

    /// Mean 0, variance 1, nearly normal (the sum of twelve uniform numbers).
    public mutating func normal() -> Double { (0..<12).reduce(0) { sum, _ in sum + uniform() } / 2 }

    public mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }
}
