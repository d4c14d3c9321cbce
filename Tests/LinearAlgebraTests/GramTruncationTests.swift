import LinearAlgebra
import TestSupport
import Testing

/// Against the factorisation of the vectors themselves.
@Suite struct GramTruncationTests {
    struct Sum {
        var left: [[Float]] = []
        var weights: [Double] = []
        var right: [[Float]] = []

        func byGram(rank: Int) throws -> [LowRankTruncation.Component]? {
            try GramTruncation.truncate(
                left: left, weights: weights, right: right, leftGram: LongVectors.gram(left),
                rightGram: LongVectors.gram(right), rank: rank)
        }

        func byFactorisation(rank: Int) throws -> [LowRankTruncation.Component] {
            try LowRankTruncation.truncate(
                zip(zip(left, right), weights).map { (weight: $1, left: $0.0, right: $0.1) }, rows: left[0].count,
                columns: right[0].count, rank: rank)
        }
    }

    /// `count` checkpoints with `rank` triplets each, that turn slowly and carry noise, and the weights of their slope:
    /// what a module's working set looks like.
    static func workingSet(_ count: Int, rank: Int, rows: Int, columns: Int, noise: Double, seed: UInt64) -> Sum {
        var random = NumericsGenerator(seed: seed)
        let left = (0..<rank).map { _ in random.normals(rows) }, right = (0..<rank).map { _ in random.normals(columns) }
        var sum = Sum()
        for checkpoint in 0..<count {
            for place in 0..<rank {
                func unit(_ vector: [Double]) -> [Float] {
                    let moved: [Double] = zip(vector, random.normals(vector.count)).map { $0 + noise * $1 }
                    let norm = moved.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
                    return moved.map { Float($0 / norm) }
                }
                sum.left.append(unit(left[place]))
                sum.right.append(unit(right[place]))
                let slope = (Double(checkpoint) - Double(count - 1) / 2) / Double(count * count)
                let sigma: Double = [1, 0.7, 0.55, 0.45][place % 4]
                sum.weights.append(slope * Double(checkpoint + 1) * sigma)
            }
        }
        return sum
    }

    /// The two agree far below the rounding to float32 (6e-8) that follows: values and directions to 1e-9.
    @Test(arguments: [(64, 1, 1), (32, 4, 4), (10, 4, 3), (64, 4, 2), (12, 2, 1)])
    func theLargestComponentsAreThoseOfTheFactorisation(count: Int, rank: Int, wanted: Int) throws {
        let sum = Self.workingSet(count, rank: rank, rows: 300, columns: 200, noise: 0.3, seed: UInt64(count + rank))
        let fast = try #require(try sum.byGram(rank: wanted))
        let exact = try sum.byFactorisation(rank: wanted)
        #expect(fast.count == wanted && exact.count == wanted)
        for (a, b) in zip(fast, exact) {
            #expect(abs(a.value - b.value) <= 1e-9 * b.value)
            #expect(Self.sine(a.left, b.left) <= 1e-9)
            #expect(Self.sine(a.right, b.right) <= 1e-9)
            #expect(Self.product(a.left, b.left) * Self.product(a.right, b.right) > 0, "the same sign on both sides")
        }
    }

    static func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0.0) { $0 + $1.0 * $1.1 } }

    /// Of the angle between two unit vectors.
    static func sine(_ a: [Double], _ b: [Double]) -> Double {
        let cosine = product(a, b)
        return zip(a, b).reduce(0.0) { $0 + ($1.0 - cosine * $1.1) * ($1.0 - cosine * $1.1) }.squareRoot()
    }

    @Test func termsThatCancelHaveNoAnswer() throws {
        var sum = Self.workingSet(6, rank: 1, rows: 50, columns: 40, noise: 0.1, seed: 5)
        sum.left += sum.left
        sum.right += sum.right
        sum.weights += sum.weights.map { -$0 }
        #expect(try sum.byGram(rank: 1) == nil)
        #expect(try sum.byFactorisation(rank: 1).isEmpty)
    }

    /// A component that is smaller than a thousandth of the largest term could be rounding of squares.
    @Test func aSmallRemainderOfLargeTermsHasNoAnswer() throws {
        var sum = Self.workingSet(1, rank: 2, rows: 50, columns: 40, noise: 0, seed: 6)
        sum.weights = [1, 1e-4]
        #expect(try sum.byGram(rank: 2) == nil)
        #expect(try sum.byFactorisation(rank: 2).count == 2)
    }

    @Test func fewerDirectionsThanAreAskedForHaveNoAnswer() throws {
        let one = Self.workingSet(1, rank: 1, rows: 50, columns: 40, noise: 0, seed: 7)
        let sum = Sum(left: [one.left[0], one.left[0]], weights: [1, 2], right: [one.right[0], one.right[0]])
        #expect(try sum.byGram(rank: 2) == nil)
    }
}

@Suite struct LongVectorTests {
    /// Double sums of float products, which are exact: n roundings of 1.1e-16 of the sum of the magnitudes.
    @Test(arguments: [0, 1, 15, 16, 31, 32, 33, 1000, 20_001]) func productsAndSumsAgreeWithDouble(count: Int) {
        var random = NumericsGenerator(seed: UInt64(count + 1))
        let a = random.normals(count).map(Float.init), b = random.normals(count).map(Float.init)
        let terms = zip(a, b).map { Double($0) * Double($1) }
        let bound = Double(count) * 0x1p-53 * terms.reduce(0) { $0 + abs($1) }
        #expect(abs(LongVectors.product(a, b) - terms.reduce(0, +)) <= bound)
        let sum = LongVectors.sum([a, b], weights: [0.5, -3], count: count)
        for (index, value) in sum.enumerated() {
            let first = 0.5 * Double(a[index]), second = 3 * Double(b[index])
            let bound = 4 * 0x1p-53 * (abs(first) + abs(second))
            #expect(abs(value - (first - second)) <= bound)
        }
    }
}
