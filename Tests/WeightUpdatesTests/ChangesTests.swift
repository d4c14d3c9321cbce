import Checkpoints
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

@testable import WeightUpdates

/// Updates of which only the entries are held that are not the base's, against those with both weights in memory.
@Suite struct ChangesTests {
    static let rows = 300, columns = 90

    private static func planted() throws -> PlantedUpdate {
        try PlantedUpdate(
            rows: rows, columns: columns, values: FactorAccuracyTests.spectrum.map { 0.02 * $0 }, base: .bfloat16,
            checkpoint: .bfloat16, weights: 0.02)
    }

    private static func gathered(
        _ planted: PlantedUpdate, by blockRows: Int = 64, within bytes: Int = .max, rereadable: Bool = true
    ) -> UpdateMatrix {
        var changes = GatheredChanges(planted.module, blockRows: blockRows, within: bytes)
        while let rows = changes.nextRows {
            changes.add(
                base: planted.base.rows(rows, of: planted.module.columns),
                checkpoint: planted.checkpoint.rows(rows, of: planted.module.columns))
        }
        return UpdateMatrix(changes) { rows throws(CheckpointError) in
            guard rereadable else { throw .missingTensor(planted.module.name, directory: "/gone") }
            return (
                planted.base.rows(rows, of: planted.module.columns),
                planted.checkpoint.rows(rows, of: planted.module.columns)
            )
        }
    }

    @Test(arguments: [1, 3]) func factorsAgreeWithTheDenseDecomposition(rank: Int) throws {
        let planted = try Self.planted()
        let factor = try UpdateFactoriser(rank: rank).factor(of: Self.gathered(planted))
        let whole = try UpdateFactoriser(rank: rank).factor(of: planted.update)
        #expect(factor.unchangedShare == whole.unchangedShare && factor.unchangedShare > 0.2)
        #expect(factor.frobeniusNorm == whole.frobeniusNorm && factor.baseNorm == whole.baseNorm)
        #expect(factor.triplets.count == rank)
        for (place, triplet) in factor.triplets.enumerated() {
            let exact = planted.exact.values[place]
            #expect(abs(triplet.sigma - exact) <= SolverTolerances.method(rank: rank).sigma * exact)
            #expect(triplet.hasConverged)
        }
    }

    @Test func coordinatesAgreeToAMillionthOfTheNorm() throws {
        let planted = try Self.planted()
        let factor = try UpdateFactoriser(rank: 3).factor(of: planted.update)
        let directions = factor.triplets.map { RankOneComponent(scale: 1, left: $0.left, right: $0.right) }
        let found = try Self.gathered(planted).coordinates(along: directions)
        let expected = try planted.update.coordinates(along: directions)
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-6 * factor.frobeniusNorm })
    }

    @Test(arguments: [0, 40_000]) func factorsHaveTheSameBitsWithLittleMemory(bytes: Int) throws {
        let planted = try Self.planted()
        let solver = UpdateFactoriser(rank: 2)
        #expect(
            try solver.factor(of: Self.gathered(planted, within: bytes)) == solver.factor(of: Self.gathered(planted)))
    }

    @Test func aReadThatFailsIsToldWithItsReason() throws {
        let planted = try Self.planted()
        let expected = UpdateError.unreadable(
            module: planted.module.name, .missingTensor(planted.module.name, directory: "/gone"))
        #expect(throws: expected) {
            try UpdateFactoriser(rank: 2).factor(of: Self.gathered(planted, within: 40_000, rereadable: false))
        }
        #expect(try !UpdateFactoriser(rank: 2).factor(of: Self.gathered(planted, rereadable: false)).isZero)
    }

    @Test func aFrozenWeightIsNoticedAndABadOneRefused() throws {
        let module = Module(name: "m", rows: 40, columns: 3)
        var values = [Float](repeating: 1, count: 120)
        let zeros = TensorValues.float32([Float](repeating: 0, count: 120))
        func update(_ base: TensorValues, _ checkpoint: TensorValues) throws -> UpdateMatrix {
            Self.gathered(try PlantedUpdate(rows: 40, columns: 3, base: base, checkpoint: checkpoint))
        }
        let frozen = try update(.float32(values), .float32(values))
        #expect(frozen.isUnchanged)
        #expect(try UpdateFactoriser(rank: 1).factor(of: frozen).unchangedShare == 1)
        let signs = try update(zeros, .float32([-0.0] + [Float](repeating: 0, count: 119)))
        #expect(!signs.isUnchanged)
        #expect(try UpdateFactoriser(rank: 1).factor(of: signs).isZero)
        values[100] = .nan
        var changes = GatheredChanges(module, blockRows: 40, within: .max)
        changes.add(base: .float32(values), checkpoint: .float32(values))
        let bad = UpdateMatrix(changes) { rows throws(CheckpointError) in (zeros, zeros) }
        #expect(throws: UpdateError.nonFinite(module: "m", count: 1, row: 33, column: 1)) {
            try UpdateFactoriser(rank: 1).factor(of: bad)
        }
    }

    @Test(arguments: [(0, true), (60, true), (61, false), (120, false)])
    func theFormDependsOnTheShareThatIsTheBases(changed: Int, isPreferred: Bool) {
        let base = TensorValues.float32([Float](repeating: 1, count: 120))
        let checkpoint = TensorValues.float32((0..<120).map { $0 < changed ? 2 : 1 })
        let module = Module(name: "m", rows: 400, columns: 3)
        #expect(GatheredChanges.arePreferred(for: module, after: (base, checkpoint)) == isPreferred)
    }
}
