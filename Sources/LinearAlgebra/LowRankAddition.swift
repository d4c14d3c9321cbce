import CKernels

/// `W + sum_j scale_j * left_j right_j^T`, a range of rows at a time, rounded once.
///
/// In single precision, or in double where the source is float64; nearest even. Where the displacement of an entry
/// is zero, it keeps its value, and its bits where the type stays the same. Source: method, section 5.
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

    /// The sum for the rows in `range`; `source` holds just these rows of W. Cost: one sweep over them.
    ///
    /// - Precondition: `range` is within the rows and `source` has `range.count * columns` numbers.
    public func added(
        to source: StoredElements, rows range: Range<Int>, as type: StoredElementType? = nil,
        instructions: InstructionSet = .best
    ) -> StoredElements {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "Rows \(range) of \(rows) do not exist.")
        precondition(
            source.count == range.count * columns,
            "\(range.count) rows of \(columns) expected; got \(source.count) numbers.")
        let type = type ?? source.type
        if scales.isEmpty, type == source.type { return source }
        let coefficients = zip(scales, lefts).flatMap { scale, left in range.map { scale * Double(left[$0]) } }
        return unsafe source.withUnsafeBytes { input in
            unsafe coefficients.withUnsafeBufferPointer { weights in
                unsafe rights.withUnsafeBufferPointer { right in
                    unsafe StoredElements.filled(count: source.count, type: type) { out in
                        guard let from = input.baseAddress, let to = out.baseAddress else { return }
                        unsafe alpharl_low_rank_add(
                            instructions.code, from, source.type.code, range.count, columns, weights.baseAddress,
                            right.baseAddress, scales.count, to, type.code)
                    }
                }
            }
        }
    }
}
