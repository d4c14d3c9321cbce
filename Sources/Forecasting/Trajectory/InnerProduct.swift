import LinearAlgebra
import Vocabulary

/// Inner products that decide something: accumulated in double, always in the same order.
enum InnerProduct {
    /// `<a, b>` for two long vectors of the same length. Cost: one pass over both.
    static func of(_ a: [Float], _ b: [Float]) -> Double { LongVectors.product(a, b) }

    /// `<a, b>` for two short vectors of the same length.
    static func of(_ a: [Double], _ b: [Double]) -> Double {
        precondition(a.count == b.count, "Inner product of vectors with \(a.count) and \(b.count) entries.")
        var sum = 0.0
        for i in a.indices { sum += a[i] * b[i] }
        return sum
    }

    /// `<A, B> = sum_ab s_a s_b <u_a, u_b> <v_a, v_b>` for two sums of rank-1 components of the same shape.
    static func of(_ a: LowRankMatrix, _ b: LowRankMatrix) -> Double {
        var sum = 0.0
        for p in a.components {
            for q in b.components { sum += p.scale * q.scale * of(p.left, q.left) * of(p.right, q.right) }
        }
        return sum
    }
}

extension UpdateFactor {
    /// The update's rank-k part: its `rank` largest triplets, fewer where it has fewer.
    func part(rank: Int) -> LowRankMatrix {
        LowRankMatrix(triplets.prefix(rank).map { RankOneComponent(scale: $0.sigma, left: $0.left, right: $0.right) })
    }
}
