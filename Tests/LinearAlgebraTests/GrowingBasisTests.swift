import LinearAlgebra
import TestSupport
import Testing

@Suite struct GrowingBasisTests {
    /// Against the normal equations solved by hand in the plane spanned by (2, 0, 0) and (1, 1, 0).
    @Test func partsOfAVectorAreItsProjectionAndTheRest() {
        let vectors: [[Double]] = [[2, 0, 0], [1, 1, 0]]
        func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        var basis = GrowingBasis()
        for vector in vectors {
            basis.append(
                basis.parts(
                    products: vectors.prefix(basis.count).map { product($0, vector) }, square: product(vector, vector)))
        }
        // (5, 3, 4) = 1 * (2, 0, 0) + 3 * (1, 1, 0) + (0, 0, 4).
        let vector: [Double] = [5, 3, 4]
        let parts = basis.parts(products: vectors.map { product($0, vector) }, square: product(vector, vector))
        #expect(zip(parts.coefficients, [1, 3]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(abs(parts.inside - 34) < 1e-12 && abs(parts.outside - 16) < 1e-12)
    }

    @Test func nothingOfAVectorLiesInAnEmptyBasis() {
        let parts = GrowingBasis().parts(products: [], square: 9)
        #expect(parts.coefficients.isEmpty && parts.inside == 0 && parts.outside == 9)
    }

    /// Random vectors: what is left over is orthogonal to the basis, to rounding.
    @Test(arguments: [UInt64(1), 2, 3]) func theRestIsOrthogonalToTheBasis(seed: UInt64) {
        var random = NumericsGenerator(seed: seed)
        let vectors = (0..<6).map { _ in (0..<20).map { _ in Float(random.uniform()) } }
        var basis = GrowingBasis()
        for (index, vector) in vectors.enumerated() {
            let parts = basis.parts(
                products: vectors[..<index].map { LongVectors.product($0, vector) },
                square: LongVectors.product(vector, vector))
            let inside = LongVectors.sum(Array(vectors[..<index]), weights: parts.coefficients, count: 20)
            let rest = zip(vector, inside).map { Double($0) - $1 }
            for other in vectors[..<index] {
                #expect(abs(zip(rest, other).reduce(0) { $0 + $1.0 * Double($1.1) }) < 1e-12)
            }
            #expect(abs(rest.reduce(0) { $0 + $1 * $1 } - parts.outside) < 1e-12)
            basis.append(parts)
        }
    }
}
