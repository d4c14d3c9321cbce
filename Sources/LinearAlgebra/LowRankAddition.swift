import CKernels

/// `W + sum_j scale_j * left_j right_j^T`, a range of rows at a time, rounded once.
///
/// In single precision, or in double where the source is float64; to nearest even, or by chance. Where the displacement of
/// an entry is zero, it keeps its value, and its bits where the type stays the same. Source: method, section 5.
///
/// The order of rounding is fixed, so that anybody can compute the same bits: `(scale_j * left_j[r]) * right_j[c]`, added up in the
/// order of the components, then added to the weight; every operation rounded, none fused.
public struct LowRankAddition: Sendable {
    public let rows: Int
    public let columns: Int
    private let scales: [Double]
    private let lefts: [[Float]]
    private let rights: [Float]

    /// - Precondition: every `left` has `rows` entries and every `right` has `columns`.
    public init(rows: Int, columns: Int, components: [(scale: Double, left: [Float], right: [Float])]) {
        precondition(
            components.allSatisfy { $0.left.count == rows && $0.right.count == columns },
            "Every component of a \(rows) x \(columns) matrix needs vectors of these sizes.")
        (self.rows, self.columns) = (rows, columns)
        scales = components.map(\.scale)
        lefts = components.map(\.left)
        rights = components.flatMap(\.right)
    }

    /// Rounding to bfloat16 or float16 by chance, up with the probability that makes the expected result the value itself: the
    /// noise of the number at `place` is the (`place` mod 4)th 16 bits, from the lowest, of output `place` / 4 of SplitMix64
    /// (Steele et al., 2014) from `seed`; for float16 the upper 13 of them.
    public struct Dither: Hashable, Sendable {
        public let seed: UInt64
        /// The place of the first number of the rows that are asked for, 0...
        public let first: Int

        public init(seed: UInt64, first: Int) {
            self.seed = seed
            self.first = first
        }
    }

    /// The sum for the rows in `range`; `source` holds just these rows of W. Cost: one sweep over them.
    ///
    /// - Parameter dither: nil, and for the wider types: to nearest even.
    /// - Precondition: `range` is within the rows and `source` has `range.count * columns` numbers.
    public func added(
        to source: StoredElements, rows range: Range<Int>, as type: StoredElementType? = nil, dither: Dither? = nil,
        instructions: InstructionSet = .best
    ) -> StoredElements {
        sum(with: source, rows: range, as: type, dither: dither, instructions: instructions).elements
    }

    /// The same, and whether none of it is infinite or no number: seen on the way, which costs next to nothing.
    public func sum(
        with source: StoredElements, rows range: Range<Int>, as type: StoredElementType? = nil, dither: Dither? = nil,
        instructions: InstructionSet = .best
    ) -> (elements: StoredElements, isFinite: Bool) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "Rows \(range) of \(rows) do not exist.")
        precondition(
            source.count == range.count * columns,
            "\(range.count) rows of \(columns) expected; got \(source.count) numbers.")
        let type = type ?? source.type
        var isFinite: Int32 = 1
        let coefficients = coefficients(range, source.type)
        var noise = alpharl_dither(seed: dither?.seed ?? 0, first: UInt64(dither?.first ?? 0))
        let elements = unsafe source.withUnsafeBytes { input in
            unsafe coefficients.withUnsafeBufferPointer { weights in
                unsafe rights.withUnsafeBufferPointer { right in
                    unsafe StoredElements.filled(count: source.count, type: type) { out in
                        guard let from = input.baseAddress, let to = out.baseAddress else { return }
                        unsafe withUnsafePointer(to: &noise) { noise in
                            unsafe alpharl_low_rank_add(
                                instructions.code, from, source.type.code, range.count, columns, weights.baseAddress,
                                right.baseAddress, scales.count, dither == nil ? nil : noise, to, type.code, &isFinite)
                        }
                    }
                }
            }
        }
        return (elements, isFinite != 0)
    }

    /// `scale_j * left_j[r]` in the precision of the sum, component by component.
    private func coefficients(_ range: Range<Int>, _ type: StoredElementType) -> [Double] {
        zip(scales, lefts).flatMap { scale, left in
            let single = Float(scale)
            return range.map { type == .float64 ? scale * Double(left[$0]) : Double(single * left[$0]) }
        }
    }
}
