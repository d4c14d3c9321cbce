import CKernels

/// Products of a few long single-precision vectors, in double precision. Always in the same order: the same bits every
/// time on one instruction set.
public enum LongVectors {
    /// `<a, b>`. Cost: one pass over both.
    ///
    /// - Precondition: they have the same length.
    public static func product(_ a: [Float], _ b: [Float]) -> Double {
        precondition(a.count == b.count, "Inner product of vectors with \(a.count) and \(b.count) entries.")
        var result = 0.0
        unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                guard let left = a.baseAddress, let right = b.baseAddress else { return }
                unsafe alpharl_inner_product(InstructionSet.best.code, left, right, a.count, &result)
            }
        }
        return result
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
        for i in vectors.indices {
            for j in 0...i {
                result[i, j] = product(vectors[i], vectors[j])
                result[j, i] = result[i, j]
            }
        }
        return result
    }
}
