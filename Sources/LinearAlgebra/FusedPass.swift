import CKernels

/// What a pass counts over all entries of `D = checkpoint - base`. Squares are rounded to single precision and added up four by
/// four before they are added in double precision: each sum is exact to 3e-7.
public struct UpdateCensus: Equatable, Sendable {
    /// `||D||_F^2`, 0... .
    public let updateSquare: Double
    /// `||base||_F^2`, 0... .
    public let baseSquare: Double
    /// Entries whose two values have the same bits.
    public let identicalCount: Int
    /// Entries of D that are NaN or infinite in single precision.
    public let nonFiniteCount: Int
    /// The first of them, `row * columns + column`; nil where there is none.
    public let firstNonFinite: Int?
}

/// One sweep over the two matrices of an update `D = checkpoint - base`, which is never formed.
///
/// Both are row-major, `rows` x `columns`, each in its own stored type. Differences and products are in single
/// precision (differences in double first where a side is float64), long sums in double: each entry of the results
/// is accurate to about 1e-7 of the sum of the magnitudes that went into it. One thread; the same bits every time on
/// one instruction set. Source: method, section 1.
public struct FusedPass: Sendable {
    public let rows: Int
    public let columns: Int
    private let base: StoredElements
    private let checkpoint: StoredElements
    private let instructions: InstructionSet

    /// - Precondition: both have `rows * columns` numbers, and the processor has `instructions`.
    public init(
        rows: Int, columns: Int, base: StoredElements, checkpoint: StoredElements, instructions: InstructionSet = .best
    ) {
        precondition(
            rows >= 0 && columns >= 0 && base.count == rows * columns && checkpoint.count == rows * columns,
            "A pass over \(rows) x \(columns) needs as many numbers; got \(base.count) and \(checkpoint.count).")
        precondition(instructions <= .best, "This processor lacks \(instructions).")
        (self.rows, self.columns, self.base, self.checkpoint) = (rows, columns, base, checkpoint)
        self.instructions = instructions
    }

    /// `scale * D X` and `scale^2 * D^T D X`, with the census where it is asked for.
    public struct Products: Sendable {
        /// `Y = scale * D X`, rows x c.
        public let forward: Matrix
        /// `Z = scale * D^T Y`, columns x c.
        public let backward: Matrix
        public let census: UpdateCensus?
    }

    /// `directions`: X, its columns one after the other, `count` of them with `columns` floats each.
    /// Cost: reads both matrices once.
    public func products(
        with directions: [Float], count: Int, scale: Float = 1, takingCensus: Bool = false
    ) -> Products {
        var backward = [Double](repeating: 0, count: count * columns)
        let (forward, census) = unsafe backward.withUnsafeMutableBufferPointer { z in
            unsafe sweep(directions, count: count, scale: scale, backward: z.baseAddress, takingCensus: takingCensus)
        }
        return Products(
            forward: forward, backward: Matrix(rows: columns, columns: count, elements: backward), census: census)
    }

    /// `D X` alone, rows x count. About the cost of reading both matrices once for a few columns.
    public func forward(_ directions: [Float], count: Int) -> Matrix {
        unsafe sweep(directions, count: count, scale: 1, backward: nil, takingCensus: false).0
    }

    /// The census alone.
    public func census() -> UpdateCensus {
        guard let census = unsafe sweep([], count: 0, scale: 1, backward: nil, takingCensus: true).1 else {
            preconditionFailure("A census that was asked for is always taken.")
        }
        return census
    }

    private func sweep(
        _ directions: [Float], count: Int, scale: Float, backward: UnsafeMutablePointer<Double>?, takingCensus: Bool
    ) -> (Matrix, UpdateCensus?) {
        precondition(
            directions.count == count * columns, "\(count) directions of \(columns) expected; got \(directions.count).")
        var counts = alpharl_census()
        var forward = [Double](repeating: 0, count: rows * count)
        let isForwardOnly = unsafe backward == nil && !takingCensus
        let scratch = alpharl_scratch_floats(columns, count, isForwardOnly ? 0 : 1)
        unsafe base.withUnsafeBytes { old in
            unsafe checkpoint.withUnsafeBytes { new in
                var pair = unsafe alpharl_matrix_pair(
                    base: old.baseAddress, checkpoint: new.baseAddress, base_type: base.type.code,
                    checkpoint_type: checkpoint.type.code, rows: rows, columns: columns)
                unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: scratch) { scratch in
                    unsafe directions.withUnsafeBufferPointer { x in
                        unsafe forward.withUnsafeMutableBufferPointer { y in
                            unsafe withUnsafeMutablePointer(to: &counts) { census in
                                unsafe alpharl_fused_pass(
                                    instructions.code, &pair, scale, x.baseAddress, count, y.baseAddress, backward,
                                    takingCensus ? census : nil, scratch.baseAddress)
                            }
                        }
                    }
                }
            }
        }
        let census = takingCensus ? UpdateCensus(counts) : nil
        return (Matrix(rows: rows, columns: count, elements: forward), census)
    }
}

extension UpdateCensus {
    init(_ counts: alpharl_census) {
        self.init(
            updateSquare: counts.update_square, baseSquare: counts.base_square,
            identicalCount: Int(counts.identical_count), nonFiniteCount: Int(counts.non_finite_count),
            firstNonFinite: counts.non_finite_count > 0 ? Int(counts.first_non_finite_index) : nil)
    }
}
