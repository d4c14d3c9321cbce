import LinearAlgebra
import TestSupport
import Testing
import Vocabulary
import WeightUpdates

@Suite struct WarmStartTests {
    static let spectrum = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05]

    /// A factor whose vectors are exact singular vectors, those at `places`.
    static func factor(_ exact: SmallSVD, at places: [Int]) -> UpdateFactor {
        let triplets = places.map { place in
            SingularTriplet(
                sigma: exact.values[place], left: exact.left.column(place).map(Float.init),
                right: exact.right.column(place).map(Float.init), residual: 0, hasConverged: true)
        }
        return UpdateFactor(triplets: triplets, frobeniusNorm: 1, baseNorm: 1, unchangedShare: 0, passes: 2)
    }

    @Test(arguments: [[1], [7], [14], [4, 5, 6, 7], [14, 13, 12, 11]])
    func aStartAtWrongSingularVectorsEndsAtTheRightOnes(places: [Int]) throws {
        let planted = try PlantedUpdate(rows: 120, columns: 90, values: Self.spectrum)
        let factor = try UpdateFactoriser(rank: places.count).factor(
            of: planted.update, startingFrom: Self.factor(planted.exact, at: places))
        FactorAccuracyTests.expectAgreement(factor, planted, kept: places.count)
    }

    /// A single column would meet the tolerance at the second vector: what little noise it has of the first one is
    /// within the residual, 1e-3, because the two values are so close.
    @Test func aStartAtTheSecondOfTwoCloseValuesEndsAtTheFirst() throws {
        for seed in UInt64(1)...20 {
            let planted = try PlantedUpdate(rows: 90, columns: 120, values: [1, 0.97, 0.1, 0.05, 0.02], seed: seed)
            let factor = try UpdateFactoriser(rank: 1).factor(
                of: planted.update, startingFrom: Self.factor(planted.exact, at: [1]))
            #expect(abs(factor.triplets[0].sigma / planted.exact.values[0] - 1) <= 1e-5, "seed \(seed)")
        }
    }

    @Test(arguments: [1, 4]) func aStartAtTheAnswerNeedsFewerPasses(rank: Int) throws {
        let planted = try PlantedUpdate(rows: 120, columns: 90, values: Self.spectrum)
        let cold = try UpdateFactoriser(rank: rank).factor(of: planted.update)
        let warm = try UpdateFactoriser(rank: rank).factor(of: planted.update, startingFrom: cold)
        #expect(warm.passes < cold.passes)
        #expect(warm.passes >= 2)
        FactorAccuracyTests.expectAgreement(warm, planted, kept: rank)
    }

    @Test func aPreviousFactorOfLowerOrHigherRankIsAStartToo() throws {
        let planted = try PlantedUpdate(rows: 60, columns: 50, values: Self.spectrum)
        for places in [[0], Array(0..<9)] {
            let previous = Self.factor(planted.exact, at: places)
            let factor = try UpdateFactoriser(rank: 3).factor(of: planted.update, startingFrom: previous)
            FactorAccuracyTests.expectAgreement(factor, planted, kept: 3)
        }
    }

    @Test func aZeroPreviousFactorIsNoStart() throws {
        let planted = try PlantedUpdate(rows: 30, columns: 20, values: [1, 0.5])
        let zero = UpdateFactor(triplets: [], frobeniusNorm: 0, baseNorm: 1, unchangedShare: 1, passes: 1)
        let solver = UpdateFactoriser(rank: 1)
        #expect(try solver.factor(of: planted.update, startingFrom: zero) == solver.factor(of: planted.update))
    }
}

@Suite struct SignConventionTests {
    static func triplet(_ left: [Float], _ right: [Float]) -> SingularTriplet {
        SingularTriplet(sigma: 1, left: left, right: right, residual: 0, hasConverged: true)
    }

    static func factor(_ triplets: [SingularTriplet]) -> UpdateFactor {
        UpdateFactor(triplets: triplets, frobeniusNorm: 1, baseNorm: 1, unchangedShare: 0, passes: 2)
    }

    @Test func theFirstFactorHasItsLargestEntryOfVPositive() {
        let signed = SignConvention.apply(
            to: [Self.triplet([1, 0], [0.6, -0.8]), Self.triplet([0, 1], [0.8, -0.6])], previous: nil)
        #expect(signed.map(\.right) == [[-0.6, 0.8], [0.8, -0.6]])
        #expect(signed.map(\.left) == [[-1, 0], [0, 1]])
    }

    @Test func ofEqualEntriesTheFirstDecides() {
        #expect(SignConvention.apply(to: [Self.triplet([1], [-0.5, 0.5])], previous: nil)[0].right == [0.5, -0.5])
    }

    /// `<u, u'> = -0.2` and `<v, v'> = 0.1`: the sum decides, not either alone.
    @Test func theSumOfBothProductsDecidesAgainstThePreviousFactor() {
        let previous = Self.factor([Self.triplet([1, 0], [1, 0])])
        let flipped = SignConvention.apply(to: [Self.triplet([-0.2, 0.98], [0.1, 0.995])], previous: previous)
        #expect(flipped[0].left == [0.2, -0.98] && flipped[0].right == [-0.1, -0.995])
        let kept = SignConvention.apply(to: [Self.triplet([-0.1, 0.995], [0.2, -0.98])], previous: previous)
        #expect(kept[0].left == [-0.1, 0.995])
    }

    @Test func aTripletBeyondThePreviousRankFollowsTheFirstRule() {
        let previous = Self.factor([Self.triplet([1, 0], [1, 0])])
        let signed = SignConvention.apply(
            to: [Self.triplet([-1, 0], [-1, 0]), Self.triplet([0, 1], [0, -1])], previous: previous)
        #expect(signed.map(\.right) == [[1, 0], [0, 1]])
    }

    @Test func theSolverFollowsTheSignOfThePreviousFactor() throws {
        let planted = try PlantedUpdate(rows: 30, columns: 20, values: [1, 0.5, 0.2])
        let first = try UpdateFactoriser(rank: 2).factor(of: planted.update)
        let mirrored = Self.factor(
            first.triplets.map { Self.triplet($0.left.map { -$0 }, $0.right.map { -$0 }) })
        let second = try UpdateFactoriser(rank: 2).factor(of: planted.update, startingFrom: mirrored)
        for (one, other) in zip(first.triplets, second.triplets) {
            let product = zip(one.right, other.right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            #expect(product < -0.99)
        }
    }
}
