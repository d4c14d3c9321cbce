import LinearAlgebra
import Vocabulary

/// The slopes of one origin as they are held against what comes.
///
/// Each direction's right vector is a column in every later pass, and eight models at eight origins would need seventy of
/// them. Anchored models, from which `auto` chooses, are taken as they are. Whole ones are there for comparison, and
/// their right vectors lie in the anchored ones' space but for a few hundredths of their square (docs/decisions/0030):
/// of those the part in that space is taken, which needs no column of its own.
public enum ComparedSlopes {
    /// Share of a right vector's square that must lie in the space; one with less of it is taken as it is.
    static let leastInside = 0.9
    /// Share of its square that a vector must add to be counted among those that span the space.
    static let leastOutside = 1e-3

    /// The slopes in their order. Cost: for each vector an inner product with each of the anchored ones.
    public static func among(
        _ slopes: [(anchor: PredictionAnchor, slope: LowRankMatrix)]
    ) -> [LowRankMatrix] {
        var space = Space()
        for (anchor, slope) in slopes where anchor == .checkpoint {
            for component in slope.components { space.add(component.right) }
        }
        return slopes.map { anchor, slope in
            anchor == .checkpoint ? slope : LowRankMatrix(slope.components.map(space.nearest))
        }
    }

    /// What the right vectors of the anchored slopes span.
    private struct Space {
        private var vectors: [[Float]] = []
        private var basis = GrowingBasis()

        private func parts(of vector: [Float]) -> GrowingBasis.Parts {
            basis.parts(
                products: vectors.map { LongVectors.product($0, vector) }, square: LongVectors.product(vector, vector))
        }

        mutating func add(_ vector: [Float]) {
            let parts = parts(of: vector)
            guard parts.outside > leastOutside * (parts.inside + parts.outside) else { return }
            basis.append(parts)
            vectors.append(vector)
        }

        /// The orthogonal projection of `scale * left * right^T` onto matrices whose rows lie in the space.
        func nearest(to component: RankOneComponent) -> RankOneComponent {
            let parts = parts(of: component.right)
            let length = parts.inside.squareRoot()
            guard length > 0, parts.inside >= leastInside * (parts.inside + parts.outside) else { return component }
            let sum = LongVectors.sum(vectors, weights: parts.coefficients, count: component.right.count)
            return RankOneComponent(
                scale: component.scale * length, left: component.left, right: sum.map { Float($0 / length) })
        }
    }
}
