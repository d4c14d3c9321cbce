import LinearAlgebra
import TestSupport
import Testing

/// Products of many vectors with many, against one after the other.
@Suite struct LongVectorsTests {
    static func vectors(_ count: Int, _ length: Int, seed: UInt64) -> [[Float]] {
        var random = NumericsGenerator(seed: seed)
        return (0..<count).map { _ in random.normals(length).map(Float.init) }
    }

    /// Lengths around those of the registers; numbers of vectors around those of a block.
    @Test(arguments: [1, 3, 4, 7, 8, 15, 16, 17, 100, 1000], InstructionSet.available)
    func aProductHasTheSameBitsInABlockOfAnySize(length: Int, instructions: InstructionSet) {
        for (rows, columns) in [(1, 1), (1, 2), (2, 1), (3, 3), (4, 2), (5, 5), (7, 8), (9, 4)] {
            let a = Self.vectors(rows, length, seed: 1), b = Self.vectors(columns, length, seed: 2)
            let all = LongVectors.products(a[...], b[...], instructions: instructions)
            let single = a.flatMap { left in
                b.map { LongVectors.product(left, $0, instructions: instructions) }
            }
            #expect(all == single, "\(rows) x \(columns)")
        }
    }

    /// Products of float32 numbers are exact in double precision, so only the sum rounds: at most n u sum |a_i b_i|
    /// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1), against a sum that does not.
    @Test(arguments: [5, 64, 20_000], InstructionSet.available)
    func aProductIsThatOfDoublePrecision(length: Int, instructions: InstructionSet) {
        let a = Self.vectors(5, length, seed: 3), b = Self.vectors(3, length, seed: 4)
        let all = LongVectors.products(a[...], b[...], instructions: instructions)
        for (i, left) in a.enumerated() {
            for (j, right) in b.enumerated() {
                let terms = zip(left, right).map { Double($0) * Double($1) }
                let bound = Double(length) * 0x1p-53 * terms.reduce(0) { $0 + abs($1) }
                #expect(abs(all[i * b.count + j] - Self.compensated(terms)) <= bound)
            }
        }
    }

    @Test(arguments: [1, 7, 8, 9, 17])
    func theGramMatrixHoldsEveryProduct(count: Int) {
        let vectors = Self.vectors(count, 50, seed: 5)
        let gram = LongVectors.gram(vectors)
        for i in vectors.indices {
            for j in vectors.indices { #expect(gram[i, j] == LongVectors.product(vectors[i], vectors[j])) }
        }
    }

    @Test func noVectorsAndNoNumbersGiveNoProductsAndZeros() {
        #expect(LongVectors.products([], [[1]]).isEmpty)
        #expect(LongVectors.products([[1]], []).isEmpty)
        #expect(LongVectors.products([[], []], [[]]) == [0, 0])
        #expect(LongVectors.product([], []) == 0)
    }

    /// Neumaier's sum: the error of each addition is carried along.
    private static func compensated(_ terms: [Double]) -> Double {
        var sum = 0.0, rest = 0.0
        for term in terms {
            let next = sum + term
            rest += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
            sum = next
        }
        return sum + rest
    }
}
