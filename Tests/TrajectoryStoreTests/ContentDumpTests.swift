import Testing
import Vocabulary

@testable import TrajectoryStore

struct ContentDumpTests {
    private func store(at time: String, order modules: [Module], folder: String) throws -> TrajectoryDatabase {
        let store = try TrajectoryDatabase.inMemory()
        try store.claim(for: Planted.run, programVersion: time, now: time)
        let seen = SeenCheckpoint(
            step: TrainingStep(10), directory: folder + "/checkpoint-10", layout: "huggingface",
            stamp: #"{"time":"\#(time)"}"#, bytes: 1, seenAt: time)
        let session = try store.beginRecording(try store.notePending(seen).id)
        for module in modules { try store.stage(Planted.module(module, at: 10), in: session) }
        try store.record(Planted.recording(), finishing: session)
        return store
    }

    @Test func timesFoldersAndTheOrderOfThreadsDoNotShow() throws {
        let one = try store(at: "2026-01-01T00:00:00Z", order: Planted.modules, folder: "/a")
        let two = try store(at: "2026-02-02T00:00:00.5Z", order: Planted.modules.reversed(), folder: "/b/c")
        try two.setNote("last_error", to: "restarted")
        #expect(try one.canonicalDump() == two.canonicalDump())
    }

    @Test(arguments: [
        "UPDATE triplet SET left_vector = zeroblob(length(left_vector)) WHERE rank = 0",
        "UPDATE factor SET frobenius_norm = frobenius_norm * (1 + 2.3e-16)",
        "UPDATE factor SET content_hash = 'ff'",
        "UPDATE gram SET entries = zeroblob(length(entries))",
        "UPDATE verdict SET reason = 'another'",
        "UPDATE checkpoint SET content_hash = 'ff'",
        "DELETE FROM judgement",
    ])
    func everyDifferenceOfContentShows(_ statement: String) throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        let before = try store.canonicalDump()
        try store.execute(statement)
        #expect(try store.canonicalDump() != before)
    }
}
