import LinearAlgebra
import Vocabulary

/// The vectors that the solver starts from: the right singular vectors of the previous checkpoint where there are
/// any, each with a little noise, and noise alone for the rest.
///
/// Without noise a start that happens to be a singular vector, but not one of the largest, would never leave it.
enum StartingBlock {
    /// The norm of the noise that is added to a known vector of norm 1.
    static let admixture = 0.1

    /// `width` columns with `rows` entries, not yet orthonormal; the same for the same arguments.
    static func make(rows: Int, width: Int, previous: UpdateFactor?) -> Matrix {
        let known = (previous?.triplets ?? []).prefix(width).map(\.right)
        precondition(
            known.allSatisfy { $0.count == rows }, "The previous factor has vectors of another length than \(rows).")
        var source = NormalSource(seed: 0x616c_7068_6172_6c31)
        var elements: [Double] = []
        elements.reserveCapacity(rows * width)
        for column in 0..<width {
            var vector = (0..<rows).map { _ in source.next() }
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            if column < known.count {
                let share = admixture / norm
                vector = zip(known[column], vector).map { Double($0) + share * $1 }
            }
            elements += vector
        }
        return Matrix(rows: rows, columns: width, elements: elements)
    }
}

/// Numbers that are normal enough for a random start: the sum of four 16-bit uniform ones, mean 0 and variance 1.
///
/// Integer arithmetic and one multiplication: the same bits on every machine.
struct NormalSource {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    private mutating func word() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func next() -> Double {
        let word = word()
        let sum = (word & 0xffff) + (word >> 16 & 0xffff) + (word >> 32 & 0xffff) + word >> 48
        // Four uniform numbers in 0..<2^16 have the mean 2 * (2^16 - 1) and the variance 4 * 2^32 / 12.
        return (Double(sum) - 131_070) / (65536 * (1.0 / 3.0).squareRoot())
    }
}
