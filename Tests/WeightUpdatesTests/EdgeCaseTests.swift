import Checkpoints
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary
import WeightUpdates

@Suite struct EdgeCaseTests {
    @Test(arguments: ElementType.allCases) func aZeroUpdateHasNoTripletsAndIsNoError(type: ElementType) throws {
        var random = NumericsGenerator(seed: 4)
        let weights = PlantedUpdate.stored(random.normals(600), as: type)
        let module = Module(name: "still", rows: 20, columns: 30)
        let factor = try UpdateFactoriser(rank: 4).factor(
            of: UpdateMatrix(module: module, base: weights, checkpoint: weights))
        #expect(factor.isZero && factor.frobeniusNorm == 0 && factor.energyShare == nil)
        #expect(factor.unchangedShare == 1 && factor.passes == 1 && factor.baseNorm > 0)
    }

    /// What is left beside two planted values is the rounding of the entries to float32, far below 2^-20.
    @Test func anUpdateOfSmallerRankHasFewerTriplets() throws {
        let planted = try PlantedUpdate(rows: 60, columns: 50, values: [1, 0.5])
        let factor = try UpdateFactoriser(rank: 4).factor(of: planted.update)
        FactorAccuracyTests.expectAgreement(factor, planted, kept: 2)
    }

    @Test func oneChangedEntryIsItsOwnFactor() throws {
        var values = [Float](repeating: 0.5, count: 35)
        let base = TensorValues.float32(values)
        values[17] = 0.375
        let module = Module(name: "one", rows: 5, columns: 7)
        let factor = try UpdateFactoriser(rank: 3).factor(
            of: UpdateMatrix(module: module, base: base, checkpoint: .float32(values)))
        #expect(factor.triplets.count == 1)
        #expect(factor.frobeniusNorm == 0.125)
        #expect(abs(factor.triplets[0].sigma - 0.125) <= 0.125 * 0x1p-23)
        // The other entries come from the random start and are gone to rounding, not to zero.
        let right = zip(factor.triplets[0].right, [0, 0, 0, 1, 0, 0, 0] as [Float]).map { abs($0 - $1) }
        let left = zip(factor.triplets[0].left, [0, 0, -1, 0, 0] as [Float]).map { abs($0 - $1) }
        #expect((right + left).allSatisfy { $0 <= 0x1p-23 })
        #expect(factor.unchangedShare == 34.0 / 35)
    }

    @Test func theEnergyShareOfARankOneUpdateIsNotAboveOne() throws {
        for seed in UInt64(1)...20 {
            let planted = try PlantedUpdate(rows: 30, columns: 40, values: [1], seed: seed)
            let share = try UpdateFactoriser(rank: 1).factor(of: planted.update).energyShare ?? 0
            #expect(share <= 1 && share > 1 - 1e-6)
        }
    }

    @Test func normsAndUnchangedShareAreThoseOfTheEntries() throws {
        let planted = try PlantedUpdate(
            rows: 40, columns: 70, values: [0.02, 0.01], base: .bfloat16, checkpoint: .bfloat16, weights: 0.02)
        let factor = try UpdateFactoriser(rank: 1).factor(of: planted.update)
        let square = planted.dense.elements.reduce(0) { $0 + $1 * $1 }
        // Half of the error of the census's sum: at most five roundings to single precision.
        #expect(abs(factor.frobeniusNorm - square.squareRoot()) <= 2.5 * 0x1p-24 * square.squareRoot())
        #expect(factor.unchangedShare == Double(planted.dense.elements.count { $0 == 0 }) / 2800)
        #expect(factor.unchangedShare > 0 && factor.unchangedShare < 1)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func weightsThatAreNotFiniteAreRefusedWithTheirPlace(bad: Float) {
        var values = [Float](repeating: 1, count: 12 * 9)
        values[5 * 9 + 7] = bad
        values[11 * 9] = bad
        let module = Module(name: "layers.3.mlp", rows: 12, columns: 9)
        let good = TensorValues.bfloat16([UInt16](repeating: 0x3f80, count: 12 * 9))
        let expected = UpdateError.nonFinite(module: "layers.3.mlp", count: 2, row: 5, column: 7)
        #expect(throws: expected) {
            try UpdateFactoriser(rank: 2).factor(
                of: UpdateMatrix(module: module, base: good, checkpoint: .float32(values)))
        }
        #expect(expected.description.contains("layers.3.mlp") && expected.description.contains("row 5, column 7"))
    }

    @Test func cancellationIsAskedOnceAPassAndEndsTheWork() throws {
        let planted = try PlantedUpdate(rows: 60, columns: 50, values: WarmStartTests.spectrum)
        var asked = 0
        let factor = try UpdateFactoriser(rank: 2).factor(
            of: planted.update,
            isCancelled: {
                asked += 1; return false
            })
        #expect(asked == factor.passes)
        for stop in 1...2 {
            var asked = 0
            #expect(throws: UpdateError.cancelled(module: "planted")) {
                try UpdateFactoriser(rank: 2).factor(
                    of: planted.update,
                    isCancelled: {
                        asked += 1; return asked == stop
                    })
            }
            #expect(asked == stop)
        }
    }

    @Test func aPairThatHasNotConvergedIsKeptAndSaysSo() throws {
        let flat = (0..<40).map { 1 - 0.005 * Double($0) }
        let planted = try PlantedUpdate(rows: 60, columns: 50, values: flat)
        let hurried = SolverTolerances(mostPasses: 2, extraColumns: 2)
        let factor = try UpdateFactoriser(rank: 4, tolerances: hurried).factor(of: planted.update)
        #expect(factor.passes == 2 && factor.triplets.count == 4)
        #expect(factor.triplets.allSatisfy { !$0.hasConverged && $0.residual > 1e-3 && $0.sigma <= 1 })
    }

    @Test func theNumberOfPassesIsBounded() throws {
        let flat = (0..<200).map { 1 - 0.0005 * Double($0) }
        let planted = try PlantedUpdate(rows: 220, columns: 210, values: flat)
        #expect(try UpdateFactoriser(rank: 1).factor(of: planted.update).passes <= 32)
        #expect(try UpdateFactoriser(rank: 4).factor(of: planted.update).passes <= 10)
    }

    @Test func concurrentAndRepeatedWorkGivesTheSameBits() async throws {
        let planted = try PlantedUpdate(
            rows: 130, columns: 170, values: WarmStartTests.spectrum, base: .bfloat16, checkpoint: .bfloat16,
            weights: 0.02)
        let solver = UpdateFactoriser(rank: 4)
        let expected = try solver.factor(of: planted.update)
        #expect(try solver.factor(of: planted.update) == expected)
        let update = planted.update
        try await withThrowingTaskGroup(of: UpdateFactor.self) { group in
            for _ in 0..<8 { group.addTask { try solver.factor(of: update) } }
            for try await factor in group { #expect(factor == expected) }
        }
    }
}

@Suite struct CoordinateTests {
    /// Products in single precision with sums in double: far below the promised 1e-6 of `||D||_F`.
    @Test func coordinatesAgreeWithTheDenseProduct() throws {
        var random = NumericsGenerator(seed: 12)
        let planted = try PlantedUpdate(
            rows: 70, columns: 700, values: FactorAccuracyTests.spectrum, base: .bfloat16, checkpoint: .float32,
            weights: 0.02)
        let directions = (0..<37).map { _ in
            RankOneComponent(
                scale: 3, left: random.normals(70).map { Float($0 / 8) },
                right: random.normals(700).map { Float($0 / 26) })
        }
        let coordinates = try planted.update.coordinates(along: directions)
        let norm = planted.exact.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for (direction, coordinate) in zip(directions, coordinates) {
            let left = Matrix(rows: 70, columns: [direction.left]),
                right = Matrix(rows: 700, columns: [direction.right])
            let exact = left.transposedTimes(planted.dense.times(right)).elements[0]
            #expect(abs(coordinate - exact) <= 1e-6 * norm)
        }
    }

    @Test func theCoordinateAlongATripletIsItsSingularValue() throws {
        let planted = try PlantedUpdate(rows: 50, columns: 60, values: FactorAccuracyTests.spectrum)
        let triplets = try UpdateFactoriser(rank: 3).factor(of: planted.update).triplets
        let coordinates = try planted.update.coordinates(
            along: triplets.map { RankOneComponent(scale: 1, left: $0.left, right: $0.right) })
        for (triplet, coordinate) in zip(triplets, coordinates) {
            #expect(abs(coordinate - triplet.sigma) <= 1e-6)
        }
    }

    @Test func noDirectionsHaveNoCoordinates() throws {
        #expect(try PlantedUpdate(rows: 3, columns: 2, values: [1]).update.coordinates(along: []).isEmpty)
    }
}
