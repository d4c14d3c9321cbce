import GRDB
import Testing
import Vocabulary

@testable import TrajectoryStore

/// Gram rows are there for the working set, and no longer.
struct GramRowTests {
    private let name = Planted.query.name

    private func steps(_ numbers: [Int]) -> [TrainingStep] { numbers.map { TrainingStep($0) } }

    private func recording(keeping steps: [Int]) -> CheckpointRecording {
        Planted.recording(workingSet: self.steps(steps))
    }

    @Test(arguments: [
        ("[]", []), ("[0]", [0]), ("[7,40,9223372036854775807]", [7, 40, Int.max]), (" [ 1 , 23 ] ", [1, 23]),
        ("[ ]", []),
    ])
    func listsOfStepsAreRead(text: String, expected: [Int]) { #expect(JSONText.steps(text) == steps(expected)) }

    /// A damaged file says anything.
    @Test(arguments: [
        "", "[", "]", "[,]", "[1,]", "[,1]", "[1,,2]", "1,2", "[1", "1]", "[1]]", "[1],", "[[1]]", "[-1]", "[1.5]",
        "[1e3]", "[9223372036854775808]", "[99999999999999999999999]", "[a]", "[1 2]", "[1] 2", "[\u{0661}]", "{}",
        "null", "[1;2]",
    ])
    func whatIsNoListOfStepsIsRefused(text: String) { #expect(JSONText.steps(text) == nil) }

    @Test func whatIsWrittenIsRead() {
        let all = steps([0, 9, 10, 64, 1_000_000])
        #expect(JSONText.steps(JSONText.of(all)) == all)
    }

    @Test func aRowGoesWithTheCommitThatLeavesItsStepOut() throws {
        let store = try TrajectoryDatabase.planted()
        for step in [10, 20, 30] { try store.recordWhole(step, recording(keeping: [10, 20, 30])) }
        let session = try store.stageWhole(40)
        #expect(try store.gramRows(of: name, at: steps([10, 20, 30])).count == 3)
        try store.record(recording(keeping: [10, 30, 40]), finishing: session)
        for module in Planted.modules {
            let rows = try store.gramRows(of: module.name, at: steps([10, 20, 30, 40]))
            #expect(rows.map(\.step) == steps([10, 30, 40]))
        }
        #expect(try store.factors(of: name, at: steps([20])).count == 1)
        try store.verify()
    }

    /// Also that of the checkpoint itself, where it is late and belongs to no working set: its row is new, and goes with the next.
    @Test func aLateCheckpointOutsideOfTheSetLosesItsRowAtTheNext() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(30, recording(keeping: [30]))
        try store.recordWhole(20, recording(keeping: [30]))
        try store.recordWhole(40, recording(keeping: [30, 40]))
        #expect(try store.gramRows(of: name, at: steps([20, 30, 40])).map(\.step) == steps([30, 40]))
    }

    /// An older program kept all of them: they go four at a time, the oldest first. So do those of superseded checkpoints.
    @Test func rowsThatAnOlderProgramKeptGoInSmallPortions() throws {
        let store = try TrajectoryDatabase.planted()
        let old = (1...10).map { 10 * $0 }
        for step in old { try store.recordWhole(step) }
        var left: [Int] = []
        for step in [110, 120, 130] {
            try store.recordWhole(step, recording(keeping: [100, 110, 120, 130]))
            left.append(try store.gramRows(of: name, at: steps(old)).count)
        }
        #expect(left == [6, 2, 1])
        try store.supersede(from: TrainingStep(110), reason: "a rewind")
        try store.recordWhole(110, recording(keeping: [100, 110]))
        #expect(try store.count("gram") == 2 * 2)
    }

    @Test func aRowThatWasGivenUpIsStoredAgainWithTheNextCheckpoint() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        try store.recordWhole(20)
        try store.execute("DELETE FROM gram WHERE checkpoint_id = 1")
        let session = try store.beginRecording(try store.notePending(Planted.seen(30)).id)
        for module in Planted.modules {
            let recording = ModuleRecording(
                module: module, factor: Planted.factor(of: module, at: 30), gram: Planted.gram([10, 20, 30]),
                rebuilt: [Planted.gram([10]), Planted.gram([10, 20])], directionCosine: nil, linearityR2: nil)
            try store.stage(recording, in: session)
        }
        try store.record(recording(keeping: [10, 20, 30]), finishing: session)
        let rows = try store.gramRows(of: name, at: steps([10, 20, 30]))
        #expect(rows == [Planted.gram([10]), Planted.gram([10, 20]), Planted.gram([10, 20, 30])])
        #expect(try store.count("gram") == 6)
    }

    @Test func aRebuiltRowOfAStepThatIsNotRecordedIsRefusedAndNothingIsStaged() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.beginRecording(try store.notePending(Planted.seen(30)).id)
        let recording = ModuleRecording(
            module: Planted.query, factor: Planted.factor(of: Planted.query, at: 30), gram: Planted.gram([30]),
            rebuilt: [Planted.gram([10])], directionCosine: nil, linearityR2: nil)
        #expect { try store.stage(recording, in: session) } throws: { "\($0)".contains("recorded step 10") }
        #expect(try store.count("factor") == 0 && store.count("gram") == 0)
    }

    /// Entries of two zero updates have no parts, those of unequal ranks fewer: what `part(rank:)` says of them is kept.
    @Test func entriesOfUnequalLengthsKeepTheirMeaning() throws {
        let store = try TrajectoryDatabase.planted()
        let row = GramRow(
            step: TrainingStep(10), against: steps([1, 2, 10]),
            entries: [[], [0.5], [0.25, 0.75, 1 / 3.0]].map { GramEntry(left: 1, right: -1, parts: $0) })
        let session = try store.beginRecording(try store.notePending(Planted.seen(10)).id)
        for module in Planted.modules {
            let recording = ModuleRecording(
                module: module, factor: Planted.factor(of: module, at: 10), gram: row, directionCosine: nil,
                linearityR2: nil)
            try store.stage(recording, in: session)
        }
        try store.record(Planted.recording(), finishing: session)
        let loaded = try #require(try store.gramRows(of: name, at: steps([10])).first)
        #expect(loaded.against == row.against)
        for (loaded, planted) in zip(loaded.entries, row.entries) {
            #expect(loaded.left == 1 && loaded.right == -1)
            for rank in 1...4 { #expect(loaded.part(rank: rank) == planted.part(rank: rank)) }
        }
    }
}
