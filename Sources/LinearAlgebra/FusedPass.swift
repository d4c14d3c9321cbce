import CKernels

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
        var sums = PassSums(rows: rows, columns: columns, count: count, takingCensus: takingCensus)
        add(to: &sums, with: directions, scale: scale)
        return sums.products
    }

    /// `D X` alone, rows x count. About the cost of reading both matrices once for a few columns.
    public func forward(_ directions: [Float], count: Int) -> Matrix {
        var sums = PassSums(rows: rows, columns: columns, count: count, isForwardOnly: true)
        add(to: &sums, with: directions)
        return sums.forward
    }

    /// The census alone.
    public func census() -> UpdateCensus {
        var sums = PassSums(rows: rows, columns: columns, count: 0, isForwardOnly: true, takingCensus: true)
        add(to: &sums, with: [])
        guard let census = sums.census else { preconditionFailure("A census that was asked for is always taken.") }
        return census
    }

    /// Adds what these rows give; they are those from `first` on of the matrix that the sums are of.
    func add(to sums: inout PassSums, with directions: [Float], scale: Float = 1, firstRow first: Int = 0) {
        precondition(
            directions.count == sums.count * columns && sums.columns == columns && first + rows <= sums.rows,
            "\(directions.count) numbers and rows \(first) to \(first + rows) of \(columns) do not fit \(sums.count) "
                + "vectors of \(sums.rows) x \(sums.columns).")
        var images = [Double](repeating: 0, count: rows * sums.count)
        var counts = sums.counts
        let (isForwardOnly, takesCensus, count) = (sums.isForwardOnly, sums.takesCensus, sums.count)
        unsafe sums.backward.withUnsafeMutableBufferPointer { z in
            unsafe withUnsafeMutablePointer(to: &counts) { census in
                unsafe sweep(
                    directions, count, scale, &images, isForwardOnly ? nil : z.baseAddress,
                    takesCensus ? census : nil)
            }
        }
        if sums.counts.non_finite_count == 0, counts.non_finite_count > 0 {
            counts.first_non_finite_index += UInt64(first * columns)
        }
        sums.counts = counts
        sums.place(images, rows: first..<first + rows)
    }

    private func sweep(
        _ directions: [Float], _ count: Int, _ scale: Float, _ forward: inout [Double],
        _ backward: UnsafeMutablePointer<Double>?, _ census: UnsafeMutablePointer<alpharl_census>?
    ) {
        let isForwardOnly = unsafe backward == nil && census == nil
        let scratch = alpharl_scratch_floats(columns, count, isForwardOnly ? 0 : 1)
        unsafe withPair { pair in
            unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: scratch) { scratch in
                unsafe directions.withUnsafeBufferPointer { x in
                    unsafe forward.withUnsafeMutableBufferPointer { y in
                        unsafe alpharl_fused_pass(
                            instructions.code, pair, scale, x.baseAddress, count, y.baseAddress, backward, census,
                            scratch.baseAddress)
                    }
                }
            }
        }
    }

    /// Both matrices as the kernels see them.
    func withPair(_ body: (UnsafePointer<alpharl_matrix_pair>) -> Void) {
        unsafe base.withUnsafeBytes { old in
            unsafe checkpoint.withUnsafeBytes { new in
                var pair = unsafe alpharl_matrix_pair(
                    base: old.baseAddress, checkpoint: new.baseAddress, base_type: base.type.code,
                    checkpoint_type: checkpoint.type.code, rows: rows, columns: columns)
                unsafe body(&pair)
            }
        }
    }
}
