import Checkpoints
import Files
import TestSupport
import Testing
import Vocabulary
import WeightUpdates

@testable import Pipeline

/// One module read in each of the forms that its weights and the memory allow.
@Suite struct MatrixPairReaderTests {
    static let rows = 300, columns = 90

    /// A matrix and a stack of three, of which every fourth number moves, or all do.
    private static func checkpoint(in folder: TemporaryDirectory, moved: Int?) throws {
        func values(_ count: Int, _ salt: Int) -> [Float] {
            (0..<count).map { place in
                let old = Float((place * 37 + salt) % 101 - 50) / 64
                guard let moved, place % moved == 0 else { return old }
                return old + Float((place * 11 + salt) % 13 - 6) / 64 + 1 / 128
            }
        }
        try folder.write(
            TinyCheckpoint.safetensors([
                .bfloat16("matrix", [rows, columns], values(rows * columns, 1)),
                .bfloat16("stack", [3, rows, columns], values(3 * rows * columns, 2)),
            ]), to: "model.safetensors")
    }

    private static let matrix = Module(name: "matrix", rows: rows, columns: columns)
    private static let slice = Module(sliceOf: "stack", at: 1, rows: rows, columns: columns)

    /// 64 rows of both take 23 kB, all entries that moved about 45 kB.
    @Test(arguments: [4, 1]) func theFormAndTheMemoryDoNotChangeTheFactor(moved: Int) throws {
        let base = try TemporaryDirectory(), other = try TemporaryDirectory()
        try Self.checkpoint(in: base, moved: nil)
        try Self.checkpoint(in: other, moved: moved)
        let old = try CheckpointReader.open(directory: base.path),
            new = try CheckpointReader.open(directory: other.path)
        let pairs = MatrixPairReader(base: old, checkpoint: new)
        for module in [Self.matrix, Self.slice] {
            var factors: [UpdateFactor] = []
            for bytes in [1 << 30, 150_000, 24_000] {
                let observed = try pairs.read(
                    module, storedAs: module, within: ModuleMemory(weights: bytes, changes: bytes))
                factors.append(
                    try observed.update.factor(
                        by: UpdateFactoriser(rank: 2), startingFrom: nil, isCancelled: { false }))
                #expect(try observed.identity.contentHash == new.read(module).contentHash)
                #expect(observed.bytes == 2 * Self.rows * Self.columns)
                observed.finish()
            }
            #expect(factors.allSatisfy { $0 == factors[0] })
            let dense = UpdateMatrix(module: module, base: try old.read(module), checkpoint: try new.read(module))
            let expected = try UpdateFactoriser(rank: 2).factor(of: dense)
            #expect(abs(factors[0].triplets[0].sigma - expected.triplets[0].sigma) <= 1e-5 * expected.triplets[0].sigma)
            #expect(factors[0].unchangedShare == expected.unchangedShare)
            #expect((expected.unchangedShare > 0.5) == (moved == 4))
        }
    }
}
