import GRDB
import Testing
import Vocabulary

@testable import TrajectoryStore

/// What is asked at every answer and at every checkpoint costs no more after a thousand of them.
struct LongRunTests {
    /// Recorded, superseded, recorded again, rejected, gone and pending.
    private func storeOfEveryState() throws -> TrajectoryDatabase {
        let store = try TrajectoryDatabase.planted()
        for step in [10, 20, 30] { try store.recordWhole(step) }
        try store.supersede(from: TrainingStep(30), reason: "a rewind")
        try store.recordWhole(30)
        try store.markRejected(store.notePending(Planted.seen(40)).id, reason: "no weights")
        try store.markGone(store.notePending(Planted.seen(50)).id, reason: "deleted")
        _ = try store.notePending(Planted.seen(60))
        try store.postpone(store.notePending(Planted.seen(80)).id, reason: "the second")
        try store.postpone(store.notePending(Planted.seen(70)).id, reason: "the first")
        return store
    }

    @Test func theSummarySaysWhatTheListSays() throws {
        let store = try storeOfEveryState()
        let all = try store.checkpoints()
        let summary = try store.checkpointSummary()
        #expect(summary.recorded == 3 && summary.pending == 3 && summary.rejected == 1)
        #expect(summary.recorded == all.count { $0.state == .recorded })
        #expect(summary.firstStep == TrainingStep(10) && summary.lastStep == TrainingStep(30))
        #expect(summary.lastRecordedAt == Planted.now)
        #expect(summary.pendingReason == "the first")
        #expect(try TrajectoryDatabase.planted().checkpointSummary() == CheckpointSummary())
    }

    @Test func recordedStepsAndJudgementsLeaveOutWhatWasSuperseded() throws {
        let store = try storeOfEveryState()
        #expect(try store.recordedSteps() == [10, 20, 30].map { TrainingStep($0) })
        #expect(try store.judgements(at: TrainingStep(30)).count == 1)
        #expect(try store.judgements(at: TrainingStep(40)).isEmpty)
        #expect(try store.verdicts(newest: 1).map(\.step) == [TrainingStep(30)])
        #expect(try store.verdicts().map(\.step) == [30, 20, 10].map { TrainingStep($0) })
    }

    /// Else the row of every checkpoint is read, for each of a dozen questions at each new one.
    @Test(arguments: ["step = 30 AND ", ""]) func recordedStepsAreFoundByTheirIndex(condition: String) throws {
        let plan = try storeOfEveryState().reading("explain") { database in
            try Row.fetchAll(
                database,
                sql: """
                    EXPLAIN QUERY PLAN SELECT id FROM checkpoint WHERE \(condition)\(TrajectoryDatabase.isRecorded)
                    ORDER BY step
                    """
            ).map { row -> String in row["detail"] }
        }
        #expect(plan.first?.contains("checkpoint_active_step") == true, "\(plan)")
    }
}
