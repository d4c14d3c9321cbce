import TestSupport
import Testing

@testable import LinearAlgebra

/// Sweeps over the entries that changed, against products computed entry by entry in double precision.
@Suite struct ChangedPassTests {
    /// Weights of which `share` moved, by up to 1e-3.
    static func pair(
        rows: Int, columns: Int, _ baseType: StoredElementType, _ type: StoredElementType, share: Double, seed: UInt64,
        sameSign: Bool = false
    ) -> (StoredElements, StoredElements) {
        var random = NumericsGenerator(seed: seed)
        // Representable in all types, so that what did not move has the same value on both sides.
        let base = (0..<rows * columns).map { _ in (random.uniform() * 64).rounded() / 4096 }
        let checkpoint = base.map { old in
            let move = sameSign ? 1.1 + random.uniform() : random.uniform()
            return abs(random.uniform()) < share ? old + 1e-3 * move : old
        }
        return (StoredElements(rounding: base, to: baseType), StoredElements(rounding: checkpoint, to: type))
    }

    static func gathered(
        _ old: StoredElements, _ new: StoredElements, rows: Int, columns: Int, by blockRows: Int = 64,
        within bytes: Int = .max, instructions: InstructionSet = .best
    ) -> ChangedPass<Never> {
        let load: @Sendable (Range<Int>) -> FusedPass = { range in
            FusedPass(
                rows: range.count, columns: columns, base: old.rows(range, of: columns),
                checkpoint: new.rows(range, of: columns), instructions: instructions)
        }
        var gathering = ChangeGathering(
            rows: rows, columns: columns, blockRows: blockRows, within: bytes, instructions: instructions)
        while let next = gathering.nextRows { gathering.add(load(next)) }
        return ChangedPass(gathering, instructions: instructions, load: load)
    }

    /// Sums of at most 256 terms in single precision over 2 or 4 chains, added in double; 64 rows of a column likewise.
    static func expectAgreement(_ pass: ChangedPass<Never>, _ reference: ReferencePass, _ x: [Float], count: Int) {
        let products = pass.products(with: x, count: count, scale: 1, takingCensus: false)
        #expect(products.forward == pass.forward(x, count: count), "D X alone has the same bits")
        for j in 0..<count {
            let y = products.forward.column(j), z = products.backward.column(j)
            func error(_ found: some Sequence<Double>, _ expected: [(value: Double, magnitude: Double)]) -> Double {
                zip(found, expected)
                    .map { abs($0 - $1.value) / max($1.magnitude, .leastNormalMagnitude) }.max() ?? 0
            }
            #expect(
                error(y, reference.forward(x[j * pass.columns..<(j + 1) * pass.columns])) <= FusedPassTests.tolerance)
            #expect(error(z, reference.backward(y)) <= FusedPassTests.tolerance)
        }
    }

    @Test(arguments: StoredElementType.allCases, StoredElementType.allCases)
    func productsAgreeWithDoubleForEveryPairOfTypes(base: StoredElementType, checkpoint: StoredElementType) {
        let (old, new) = Self.pair(rows: 37, columns: 283, base, checkpoint, share: 0.3, seed: 1)
        let reference = ReferencePass(rows: 37, columns: 283, base: old, checkpoint: new)
        for set in InstructionSet.available {
            let pass = Self.gathered(old, new, rows: 37, columns: 283, instructions: set)
            Self.expectAgreement(pass, reference, FusedPassTests.directions(3, 283), count: 3)
        }
    }

    /// Tails of vectors, tiles, row groups and column groups; counts on both sides of each width of a register.
    @Test(arguments: [
        (1, 1, 1), (1, 700, 2), (70, 1, 2), (32, 256, 4), (33, 257, 5), (31, 255, 7), (64, 512, 8), (65, 513, 9),
        (40, 16, 12), (40, 15, 16), (35, 300, 17), (96, 17, 24), (33, 530, 25), (34, 40, 33), (70, 80, 48),
        (50, 300, 53),
    ])
    func productsAgreeWithDoubleForOddShapes(rows: Int, columns: Int, count: Int) {
        for share in [0.04, 0.4, 1] {
            let (old, new) = Self.pair(
                rows: rows, columns: columns, .bfloat16, .bfloat16, share: share, seed: UInt64(rows * columns))
            let reference = ReferencePass(rows: rows, columns: columns, base: old, checkpoint: new)
            for set in InstructionSet.available {
                let pass = Self.gathered(old, new, rows: rows, columns: columns, instructions: set)
                Self.expectAgreement(pass, reference, FusedPassTests.directions(count, columns), count: count)
            }
        }
    }

    /// With one sign there is no cancellation: the error is relative to the result itself.
    @Test(arguments: [(33, 20_000), (20_000, 3)]) func longSumsKeepTheirAccuracy(rows: Int, columns: Int) {
        let (old, new) = Self.pair(
            rows: rows, columns: columns, .float32, .float32, share: 0.5, seed: 5, sameSign: true)
        let reference = ReferencePass(rows: rows, columns: columns, base: old, checkpoint: new)
        for set in InstructionSet.available {
            let pass = Self.gathered(old, new, rows: rows, columns: columns, instructions: set)
            let x = FusedPassTests.directions(2, columns, sameSign: true)
            Self.expectAgreement(pass, reference, x, count: 2)
        }
    }

    /// 0 bytes keep nothing, 110,000 the first 64 rows: the others are gathered again in each sweep.
    @Test(arguments: [1, 32, 64, 100, 1000], [0, 110_000, 220_000, .max])
    func theBitsDoNotDependOnBlocksOrMemory(blockRows: Int, bytes: Int) {
        let (old, new) = Self.pair(rows: 200, columns: 300, .bfloat16, .bfloat16, share: 0.1, seed: 7)
        let whole = Self.gathered(old, new, rows: 200, columns: 300, by: 1000)
        let other = Self.gathered(old, new, rows: 200, columns: 300, by: blockRows, within: bytes)
        let x = FusedPassTests.directions(11, 300)
        let expected = whole.products(with: x, count: 11, scale: 2, takingCensus: true)
        let found = other.products(with: x, count: 11, scale: 2, takingCensus: true)
        #expect(found.forward == expected.forward)
        #expect(found.backward == expected.backward)
        #expect(found.census == expected.census)
        let dense = FusedPass(rows: 200, columns: 300, base: old, checkpoint: new)
        #expect(found.census == dense.census())
    }

    @Test(arguments: [0.0, 1.0]) func nothingAndEverythingMayHaveChanged(share: Double) {
        let (old, new) = Self.pair(rows: 50, columns: 90, .float32, .float32, share: share, seed: 3)
        let pass = Self.gathered(old, new, rows: 50, columns: 90)
        #expect((pass.census().updateSquare == 0) == (share == 0))
        let reference = ReferencePass(rows: 50, columns: 90, base: old, checkpoint: new)
        Self.expectAgreement(pass, reference, FusedPassTests.directions(4, 90), count: 4)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func whatIsNotFiniteIsKept(bad: Float) {
        var values = [Float](repeating: 0.25, count: 40 * 300)
        values[33 * 300 + 299] = bad
        for set in InstructionSet.available {
            let pass = Self.gathered(
                .float32([Float](repeating: 0.25, count: 40 * 300)), .float32(values), rows: 40, columns: 300,
                instructions: set)
            let image = pass.forward([Float](repeating: 1, count: 300), count: 1)
            #expect((0..<40).filter { !image[$0, 0].isFinite } == [33])
            #expect(pass.census().firstNonFinite == 33 * 300 + 299)
        }
    }

    @Test func memoryServesOneUpdateAfterTheOther() async {
        let memory = EntryMemory()
        func entries(_ seed: UInt64, rows: Int) -> (ChangedEntries, ReferencePass) {
            let (old, new) = Self.pair(rows: rows, columns: 70, .bfloat16, .bfloat16, share: 0.2, seed: seed)
            var entries = ChangedEntries(rows: rows, columns: 70, in: memory)
            let hasRoom = entries.append(FusedPass(rows: rows, columns: 70, base: old, checkpoint: new))
            #expect(hasRoom)
            return (entries, ReferencePass(rows: rows, columns: 70, base: old, checkpoint: new))
        }
        for (seed, rows) in [(1, 64), (2, 300), (3, 20)] as [(UInt64, Int)] {
            let (own, reference) = entries(seed, rows: rows)
            var sums = ChangedSums(
                rows: rows, columns: 70, directions: FusedPassTests.directions(1, 70), count: 1, scale: 1,
                isForwardOnly: true, instructions: .best)
            own.add(to: &sums, firstRow: 0)
            let expected = reference.forward(FusedPassTests.directions(1, 70)[...])
            #expect(zip(sums.images, expected).allSatisfy { abs($0 - $1.value) <= 1e-6 * $1.magnitude })
        }
    }

    @Test func entriesWhoseMemoryIsInOtherHandsAreNotRead() async {
        await #expect(processExitsWith: .failure) {
            let memory = EntryMemory()
            let pass = FusedPass(rows: 1, columns: 1, base: .float32([1]), checkpoint: .float32([2]))
            var first = ChangedEntries(rows: 1, columns: 1, in: memory)
            _ = first.append(pass)
            _ = ChangedEntries(rows: 1, columns: 1, in: memory)
            _ = first.append(pass)
        }
    }

    @Test func copiesDoNotWriteOverEachOther() async {
        await #expect(processExitsWith: .failure) {
            let pass = FusedPass(
                rows: 64, columns: 1, base: .float32([Float](repeating: 1, count: 64)),
                checkpoint: .float32([Float](repeating: 2, count: 64)))
            var first = ChangedEntries(rows: 128, columns: 1)
            _ = first.append(pass)
            var second = first
            _ = second.append(pass)
            _ = first.append(pass)
        }
    }

    @Test func rowsAreAppendedAsLongAsThereIsRoomForAllOfTheirEntries() {
        let zeros = StoredElements.float32([Float](repeating: 0, count: 64 * 100))
        let pass = FusedPass(rows: 64, columns: 100, base: zeros, checkpoint: zeros)
        // 64 rows: 104 entries each and 16 more, five bytes an entry; two bytes for each of 128 rows of one tile.
        let enough = 5 * (64 * 104 + 16) + 2 * 128
        var entries = ChangedEntries(rows: 128, columns: 100, within: enough)
        for _ in 0..<2 {
            let hasRoom = entries.append(pass)
            #expect(hasRoom, "entries that are zero take no room")
        }
        var fewer = ChangedEntries(rows: 128, columns: 100, within: enough - 5)
        let hasRoom = fewer.append(pass)
        #expect(!hasRoom && fewer.rows == 0)
    }
}
