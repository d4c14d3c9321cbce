import Checkpoints
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary
import WeightUpdates

/// Adapters against the dense decomposition of `scale * B A`. All in double: errors of a few ulp of the first value,
/// then one rounding of the vectors to float32.
@Suite struct LowRankFactorisationTests {
    @Test(arguments: [(40, 30, 8), (30, 40, 8), (5, 60, 16), (60, 5, 16), (1, 9, 4), (9, 1, 4), (12, 12, 1)])
    func theFactorOfAnAdapterAgreesWithTheDenseProduct(rows: Int, columns: Int, inner: Int) throws {
        var random = NumericsGenerator(seed: 21)
        let left = random.normals(rows * inner), right = random.normals(inner * columns)
        let b = PlantedUpdate.stored(left, as: .bfloat16), a = PlantedUpdate.stored(right, as: .float32)
        let module = Module(name: "adapter", rows: rows, columns: columns)
        let factor = try LowRankFactorisation.factor(
            module: module, scale: -2, b: b, a: a, innerRank: inner, rank: 4, baseNorm: 7)
        let dense = Self.product(b, a, rows, columns, inner)
        let exact = try SmallSVD(of: dense.scalingColumns(by: [Double](repeating: -2, count: columns)))
        #expect(factor.triplets.count == min(4, rows, columns, inner))
        for (place, triplet) in factor.triplets.enumerated() {
            #expect(abs(triplet.sigma - exact.values[place]) <= 1e-13 * exact.values[0])
            let image = dense.times(Matrix(rows: columns, columns: [triplet.right])).scalingColumns(by: [-2])
            let error = image.minus(Matrix(rows: rows, columns: [triplet.left]).scalingColumns(by: [triplet.sigma]))
            #expect(error.columnNorms[0] <= 3e-7 * exact.values[0])
        }
        let norm = exact.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(factor.frobeniusNorm - norm) <= 1e-13 * norm)
        #expect(factor.baseNorm == 7)
    }

    /// Against the dense product, in double: errors of a few units in the last place of `||D||`.
    @Test(arguments: [(40, 30, 8), (5, 60, 16), (9, 1, 4)])
    func coordinatesOfAnAdapterAreThoseOfTheDenseProduct(rows: Int, columns: Int, inner: Int) throws {
        var random = NumericsGenerator(seed: 22)
        let b = PlantedUpdate.stored(random.normals(rows * inner), as: .float32)
        let a = PlantedUpdate.stored(random.normals(inner * columns), as: .float16)
        let module = Module(name: "adapter", rows: rows, columns: columns)
        let update = ProductUpdate(module: module, scale: 0.5, b: b, a: a, innerRank: inner, baseNorm: 1)
        let directions = (0..<5).map { _ in
            RankOneComponent(
                scale: 3, left: random.normals(rows).map { Float($0) }, right: random.normals(columns).map { Float($0) }
            )
        }
        let dense = Self.product(b, a, rows, columns, inner)
        let norm = dense.elements.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for (direction, found) in zip(directions, try update.coordinates(along: directions)) {
            let image = dense.times(Matrix(rows: columns, columns: [direction.right]))
            let expected = 0.5 * zip(direction.left, image.column(0)).reduce(0) { $0 + Double($1.0) * $1.1 }
            #expect(abs(found - expected) <= 1e-12 * norm * Double(rows * columns).squareRoot())
        }
    }

    @Test func aModuleThatTheAdapterLeavesAloneIsAZeroUpdate() throws {
        let module = Module(name: "left alone", rows: 3, columns: 2)
        let update = ProductUpdate(
            module: module, scale: 1, b: .float32([]), a: .float32([]), innerRank: 0, baseNorm: 2)
        let direction = RankOneComponent(scale: 1, left: [1, 0, 0], right: [0, 1])
        #expect(try update.coordinates(along: [direction]) == [0])
        let factor = try update.factor(by: UpdateFactoriser(rank: 2), startingFrom: nil) { false }
        #expect(factor.isZero && factor.frobeniusNorm == 0 && factor.baseNorm == 2)
        #expect(throws: UpdateError.cancelled(module: "left alone")) {
            try update.factor(by: UpdateFactoriser(rank: 2), startingFrom: nil) { true }
        }
    }

    @Test func anAdapterThatStartsAtZeroIsAZeroUpdate() throws {
        let factor = try LowRankFactorisation.factor(
            module: Module(name: "new", rows: 4, columns: 3), scale: 1, b: .float32([Float](repeating: 0, count: 8)),
            a: .float32([1, 2, 3, 4, 5, 6]), innerRank: 2, rank: 2, baseNorm: 1)
        #expect(factor.isZero && factor.frobeniusNorm == 0 && factor.unchangedShare == 1)
    }

    @Test func anAdapterWithNaNIsRefusedWithItsPlace() {
        #expect(throws: UpdateError.nonFinite(module: "bad", count: 1, row: 1, column: 2)) {
            try LowRankFactorisation.factor(
                module: Module(name: "bad", rows: 2, columns: 3), scale: 1, b: .float32([1, 2, 3, 4]),
                a: .float32([1, 2, 3, 4, 5, .nan]), innerRank: 2, rank: 1, baseNorm: 1)
        }
    }

    @Test func theSignFollowsThePreviousFactor() throws {
        let module = Module(name: "adapter", rows: 2, columns: 2)
        func factor(_ scale: Double, _ previous: UpdateFactor?) throws -> UpdateFactor {
            try LowRankFactorisation.factor(
                module: module, scale: scale, b: .float32([1, 2]), a: .float32([3, 4]), innerRank: 1, rank: 1,
                baseNorm: 1, previous: previous)
        }
        let first = try factor(1, nil)
        #expect(first.triplets[0].right == [0.6, 0.8] && first.triplets[0].left[0] > 0)
        #expect(try factor(1.1, first).triplets[0].right == first.triplets[0].right)
    }

    static func product(_ b: TensorValues, _ a: TensorValues, _ rows: Int, _ columns: Int, _ inner: Int) -> Matrix {
        let left = Matrix(rows: inner, columns: rows, elements: doubles(b)).transposed
        return left.timesTransposed(Matrix(rows: columns, columns: inner, elements: doubles(a)))
    }

    static func doubles(_ values: TensorValues) -> [Double] {
        switch values {
        case .bfloat16(let bits): StoredElements.bfloat16(bits).doubles
        case .float16(let bits): StoredElements.float16(bits).doubles
        case .float32(let numbers): numbers.map(Double.init)
        case .float64(let numbers): numbers
        }
    }
}
