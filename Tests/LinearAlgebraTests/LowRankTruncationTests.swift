import LinearAlgebra
import TestSupport
import Testing

/// Against the dense decomposition of the sum itself. Both are in double: differences of a few hundred ulp.
@Suite struct LowRankTruncationTests {
    static func terms(_ count: Int, rows: Int, columns: Int, seed: UInt64) -> [LowRankTruncation.Term] {
        var random = NumericsGenerator(seed: seed)
        return (0..<count).map { _ in
            (random.normal(), random.normals(rows).map(Float.init), random.normals(columns).map(Float.init))
        }
    }

    static func dense(_ terms: [LowRankTruncation.Term], _ rows: Int, _ columns: Int) -> Matrix {
        let left = Matrix(rows: rows, columns: terms.map(\.left)),
            right = Matrix(rows: columns, columns: terms.map(\.right))
        return left.scalingColumns(by: terms.map(\.weight)).timesTransposed(right)
    }

    @Test(arguments: [(30, 20, 5), (20, 30, 5), (4, 50, 9), (50, 4, 9), (1, 1, 3), (1, 8, 2), (6, 6, 1)])
    func theComponentsAreTheLargestOfTheDenseSum(rows: Int, columns: Int, count: Int) throws {
        let terms = Self.terms(count, rows: rows, columns: columns, seed: 7)
        let dense = Self.dense(terms, rows, columns)
        let exact = try SmallSVD(of: dense)
        for rank in 1...count {
            let components = try LowRankTruncation.truncate(terms, rows: rows, columns: columns, rank: rank)
            #expect(components.count == min(rank, rows, columns))
            for (place, component) in components.enumerated() {
                #expect(abs(component.value - exact.values[place]) <= 1e-13 * exact.values[0])
                let image = dense.times(Matrix(rows: columns, columns: 1, elements: component.right))
                let expected = Matrix(rows: rows, columns: 1, elements: component.left.map { $0 * component.value })
                #expect(image.minus(expected).columnNorms[0] <= 1e-13 * exact.values[0])
            }
        }
    }

    @Test func termsThatCancelLeaveNothing() throws {
        let terms = Self.terms(3, rows: 12, columns: 9, seed: 8)
        let opposite = terms.map { (weight: -$0.weight, left: $0.left, right: $0.right) }
        #expect(try LowRankTruncation.truncate(terms + opposite, rows: 12, columns: 9, rank: 3).isEmpty)
        #expect(try LowRankTruncation.truncate([], rows: 12, columns: 9, rank: 3).isEmpty)
        #expect(try LowRankTruncation.truncate(terms, rows: 12, columns: 9, rank: 0).isEmpty)
    }

    @Test func repeatedTermsAreOneComponent() throws {
        let term = Self.terms(1, rows: 12, columns: 9, seed: 9)[0]
        let components = try LowRankTruncation.truncate([term, term, term], rows: 12, columns: 9, rank: 3)
        #expect(components.count == 1)
        let single = try LowRankTruncation.truncate([term], rows: 12, columns: 9, rank: 1)
        #expect(abs(components[0].value - 3 * single[0].value) <= 1e-13 * components[0].value)
    }

    @Test func aTermThatIsNotFiniteIsRefused() {
        let bad: [LowRankTruncation.Term] = [(1, [1, .nan], [1])]
        #expect(throws: LinearAlgebraError.self) { try LowRankTruncation.truncate(bad, rows: 2, columns: 1, rank: 1) }
    }
}
