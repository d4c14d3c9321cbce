import LinearAlgebra
import Vocabulary

/// Weighted sums of low-rank matrices, cut back to a low rank: QR of the stacked factors and a small SVD, so that the
/// m x n matrix is never formed (method, section 3). Double precision inside; the unit vectors of the result are
/// rounded to float32.
enum LowRankSum {
    /// The best rank-`rank` approximation of `sum weight * matrix`, largest component first; fewer components where the
    /// sum has a smaller rank, none where it is zero.
    ///
    /// Throws `LinearAlgebraError` for numbers that are not finite. Cost: O((m + n) r^2) for r components in all.
    static func truncate(
        _ terms: [(weight: Double, matrix: LowRankMatrix)], rank: Int
    ) throws(LinearAlgebraError) -> LowRankMatrix {
        let stacked = terms.flatMap { term in term.matrix.scaled(by: term.weight).components }.filter { $0.scale != 0 }
        guard let first = stacked.first else { return .zero }
        let components = try LowRankTruncation.truncate(
            stacked.map { (weight: $0.scale, left: $0.left, right: $0.right) }, rows: first.left.count,
            columns: first.right.count, rank: rank)
        return matrix(components)
    }

    /// The same from the inner products of the vectors, where they are known or cheap: a tenth of the cost. Where they
    /// cannot tell the smallest component from rounding, the vectors are factorised after all.
    ///
    /// - Parameter grams: of the left and of the right vectors of these components, in their order; nil: computed here.
    static func truncate(
        _ terms: [RankOneComponent], grams: (left: Matrix, right: Matrix)? = nil, rank: Int
    ) throws(LinearAlgebraError) -> LowRankMatrix {
        let places = terms.indices.filter { terms[$0].scale != 0 }
        let used = places.map { terms[$0] }
        guard let first = used.first else { return .zero }
        if used.count == 1, rank > 0 { return try unit(first) }
        let fits = min(first.left.count, first.right.count)
        if rank < used.count, rank < fits {
            let found = try GramTruncation.truncate(
                left: used.map(\.left), weights: used.map(\.scale), right: used.map(\.right),
                leftGram: grams?.left.selecting(places) ?? LongVectors.gram(used.map(\.left)),
                rightGram: grams?.right.selecting(places) ?? LongVectors.gram(used.map(\.right)), rank: rank)
            if let found { return matrix(found) }
        }
        return try truncate([(weight: 1, matrix: LowRankMatrix(used))], rank: rank)
    }

    /// The same matrix with vectors of unit norm and a scale above 0.
    private static func unit(_ component: RankOneComponent) throws(LinearAlgebraError) -> LowRankMatrix {
        let left = InnerProduct.of(component.left, component.left).squareRoot()
        let right = InnerProduct.of(component.right, component.right).squareRoot()
        let scale = abs(component.scale) * left * right
        guard scale.isFinite else {
            throw .notFinite(
                operation: "truncation", rows: component.left.count, columns: component.right.count)
        }
        guard scale > 0 else { return .zero }
        let sign: Double = component.scale < 0 ? -1 : 1
        return LowRankMatrix([
            RankOneComponent(
                scale: scale, left: component.left.map { Float(sign * Double($0) / left) },
                right: component.right.map { Float(Double($0) / right) })
        ])
    }

    private static func matrix(_ components: [LowRankTruncation.Component]) -> LowRankMatrix {
        LowRankMatrix(
            components.map {
                RankOneComponent(scale: $0.value, left: $0.left.map(Float.init), right: $0.right.map(Float.init))
            })
    }
}
