import CKernels

/// Products of a few long single-precision vectors, in double precision. Always in the same order: the same bits every
/// time on one instruction set.
public enum LongVectors {
    /// `<a, b>`. Cost: one pass over both.
    ///
    /// - Precondition: they have the same length.
    public static func product(_ a: [Float], _ b: [Float], instructions: InstructionSet = .best) -> Double {
        precondition(a.count == b.count, "Inner product of vectors with \(a.count) and \(b.count) entries.")
        var result = 0.0
        unsafe a.withUnsafeBufferPointer { left in
            unsafe b.withUnsafeBufferPointer { right in
                unsafe withUnsafePointer(to: left.baseAddress) { left in
                    unsafe withUnsafePointer(to: right.baseAddress) { right in
                        unsafe alpharl_inner_products(instructions.code, left, 1, right, 1, a.count, &result)
                    }
                }
            }
        }
        return result
    }

    /// `<a_i, b_j>`, row i and column j: the bits of `product`, for about half the time where there are four or more.
    ///
    /// - Precondition: all vectors have the same length.
    public static func products(
        _ a: ArraySlice<[Float]>, _ b: ArraySlice<[Float]>, instructions: InstructionSet = .best
    ) -> [Double] {
        let length = (a.first ?? b.first)?.count ?? 0
        precondition(
            a.allSatisfy { $0.count == length } && b.allSatisfy { $0.count == length },
            "Inner products of vectors of several lengths.")
        var result = [Double](repeating: 0, count: a.count * b.count)
        guard !result.isEmpty else { return result }
        unsafe withPointers(to: a) { left in
            unsafe withPointers(to: b) { right in
                unsafe alpharl_inner_products(
                    instructions.code, left, a.count, right, b.count, length, &result)
            }
        }
        return result
    }

    /// As deep as there are vectors: a few.
    private static func withPointers(to vectors: ArraySlice<[Float]>, _ body: ([UnsafePointer<Float>?]) -> Void) {
        var found: [UnsafePointer<Float>?] = unsafe []
        unsafe found.reserveCapacity(vectors.count)
        unsafe gather(vectors, into: &found, then: body)
    }

    private static func gather(
        _ vectors: ArraySlice<[Float]>, into found: inout [UnsafePointer<Float>?],
        then body: ([UnsafePointer<Float>?]) -> Void
    ) {
        guard let vector = vectors.first else { return unsafe body(found) }
        unsafe vector.withUnsafeBufferPointer {
            unsafe found.append($0.baseAddress)
            unsafe gather(vectors.dropFirst(), into: &found, then: body)
        }
    }

    /// `sum_j weights[j] * vectors[j]`, `count` numbers. Cost: one pass over every vector whose weight is not 0.
    ///
    /// - Precondition: as many weights as vectors, of `count` entries each.
    public static func sum(_ vectors: [[Float]], weights: some Collection<Double>, count: Int) -> [Double] {
        precondition(vectors.count == weights.count, "Every vector needs its weight.")
        var result = [Double](repeating: 0, count: count)
        unsafe result.withUnsafeMutableBufferPointer { out in
            for (vector, weight) in zip(vectors, weights) where weight != 0 {
                precondition(vector.count == count, "A vector of \(vector.count) entries in a sum of \(count).")
                unsafe vector.withUnsafeBufferPointer { vector in
                    guard let from = vector.baseAddress, let to = out.baseAddress else { return }
                    unsafe alpharl_add_scaled(InstructionSet.best.code, weight, from, count, to)
                }
            }
        }
        return result
    }

    /// The symmetric matrix of all inner products. Cost: about count^2 / 2 products of that length.
    public static func gram(_ vectors: [[Float]]) -> Matrix {
        var result = Matrix(zeros: vectors.count, vectors.count)
        for rows in blocks(of: vectors) {
            for columns in blocks(of: vectors) where columns.lowerBound <= rows.lowerBound {
                let products = products(vectors[rows], vectors[columns])
                for (i, row) in rows.enumerated() {
                    for (j, column) in columns.enumerated() {
                        result[row, column] = products[i * columns.count + j]
                        result[column, row] = result[row, column]
                    }
                }
            }
        }
        return result
    }

    /// Of eight vectors each, so that two of them fit the second-level cache.
    private static func blocks(of vectors: [[Float]]) -> [Range<Int>] {
        stride(from: 0, to: vectors.count, by: 8).map { $0..<min($0 + 8, vectors.count) }
    }
}
