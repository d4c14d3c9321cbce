import Testing
import Vocabulary

@testable import TrajectoryStore

struct StateTests {
    private func isRefused(_ error: any Error) -> Bool {
        guard case StoreError.refused = error else { return false }
        return true
    }

    @Test func pendingCheckpointsComeInStepOrder() throws {
        let store = try TrajectoryDatabase.planted()
        for step in [30, 10, 20] { try store.notePending(Planted.seen(step)) }
        #expect(try store.nextPending()?.step == TrainingStep(10))
        #expect(try store.checkpoints(in: .pending).map(\.step.value) == [10, 20, 30])
        let first = try #require(try store.activeCheckpoint(at: TrainingStep(10)))
        try store.markRejected(first.id, reason: "1 value is NaN")
        #expect(try store.nextPending()?.step == TrainingStep(20))
        let rejected = try store.checkpoint(first.id)
        #expect(rejected.state == .rejected && rejected.reason == "1 value is NaN")
        #expect(rejected.seen == Planted.seen(10))
        #expect(try store.checkpointCounts() == [.pending: 2, .rejected: 1])
    }

    @Test func notingNeedsARun() throws {
        let store = try TrajectoryDatabase.inMemory()
        #expect { try store.notePending(Planted.seen(1)) } throws: { "\($0)".contains("the run is not in the store") }
    }

    @Test func rejectedAndGoneBecomePendingWhenTheyAreSeenAgain() throws {
        let store = try TrajectoryDatabase.planted()
        let id = try store.notePending(Planted.seen(10)).id
        try store.markGone(id, reason: "vanished while it was read", events: [])
        #expect(try store.checkpoint(id).state == .gone)
        let again = try store.notePending(Planted.seen(10, stamp: #"{"size":2}"#))
        #expect(again.id == id && again.state == .pending && again.reason == nil)
        #expect(again.seen.stamp == #"{"size":2}"#)
        try store.markRejected(id, reason: "a tensor is missing")
        #expect(try store.notePending(Planted.seen(10)).state == .pending)
    }

    @Test func notingTheSameFilesAgainDisturbsNoRecording() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.stageWhole(10)
        try store.notePending(Planted.seen(10))
        try store.record(Planted.recording(), finishing: session)
        #expect(try store.recordedSteps() == [TrainingStep(10)])
    }

    @Test func otherFilesEndARecording() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.stageWhole(10)
        try store.notePending(Planted.seen(10, stamp: #"{"size":2}"#))
        #expect(try store.count("factor") == 0)
        #expect { try store.stage(Planted.module(Planted.query, at: 10), in: session) } throws: {
            "\($0)".contains("pending with other files")
        }
        #expect(throws: StoreError.self) { try store.record(Planted.recording(moduleCount: 0), finishing: session) }
        try store.recordWhole(20)
    }

    @Test func settingAsideDeletesWhatWasStaged() throws {
        let store = try TrajectoryDatabase.planted()
        let session = try store.stageWhole(10)
        try store.markGone(session.checkpoint, reason: "vanished")
        #expect(try store.count("factor") == 0 && store.count("triplet") == 0)
        #expect(throws: StoreError.self) { try store.stage(Planted.module(Planted.query, at: 10), in: session) }
        #expect(throws: StoreError.self) { try store.record(Planted.recording(), finishing: session) }
    }

    @Test func aRecordedCheckpointIsNotTakenBack() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10)
        let id = try #require(try store.activeCheckpoint(at: TrainingStep(10))).id
        let wrong = StoreError.wrongState(
            operation: "record it", step: TrainingStep(10), got: "recorded", expected: "pending")
        #expect(throws: wrong) { try store.beginRecording(id) }
        #expect(throws: StoreError.self) { try store.notePending(Planted.seen(10)) }
        #expect(throws: StoreError.self) { try store.markRejected(id, reason: "no") }
        #expect { try store.execute("UPDATE checkpoint SET state = 'pending'") } throws: { isRefused($0) }
        #expect { try store.execute("DELETE FROM factor") } throws: { isRefused($0) }
        #expect { try store.execute("INSERT INTO factor VALUES (1, \(id), 1, 0, 2, NULL, NULL, NULL)") } throws: {
            isRefused($0)
        }
        try store.updateStamp(id, stamp: #"{"inode":7}"#, directory: "/moved")
        #expect(try store.checkpoint(id).seen.stamp == #"{"inode":7}"#)
    }

    @Test func aRewindSupersedesFromItsStepAndStartsASegment() throws {
        let store = try TrajectoryDatabase.planted()
        for step in [10, 20, 30] { try store.recordWhole(step, registering: "tangent") }
        try store.notePending(Planted.seen(40))
        #expect(try store.supersede(from: TrainingStep(20), reason: "step 20 has other content") == 1)
        #expect(try store.recordedSteps() == [TrainingStep(10)])
        #expect(try store.checkpoints(in: .superseded).map(\.step.value) == [20, 30, 40])
        #expect(try store.registrations(in: .active).map(\.origin.value) == [10])
        #expect(try store.count("direction_vectors") == 2 && store.count("registered_direction") == 9)
        #expect(try store.previousFactor(of: Planted.query.name, before: TrainingStep(30))?.step == TrainingStep(10))

        try store.recordWhole(20)
        let active = try #require(try store.activeCheckpoint(at: TrainingStep(20)))
        #expect(active.segment == 1 && active.state == .recorded)
        #expect(
            try store.checkpoints().filter { $0.step == TrainingStep(20) }.map(\.state) == [.recorded, .superseded])
        #expect(try store.factors(of: Planted.query.name, at: [TrainingStep(20)]).count == 1)
        #expect(throws: StoreError.self) { try store.execute("UPDATE checkpoint SET state = 'recorded'") }
        try store.verify()
    }

    @Test func aLateCheckpointIsRecordedBesideLaterOnes() throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(30)
        try store.recordWhole(10)
        #expect(try store.recordedSteps().map(\.value) == [10, 30])
        #expect(try store.previousFactor(of: Planted.down.name, before: TrainingStep(30))?.step == TrainingStep(10))
    }

    /// Each line breaks one rule of the schema, in a store where everything else about it is right.
    @Test(arguments: [
        "INSERT INTO run VALUES (2, 'b', '/b', 'f', '/w', 0, '2026-01-02T03:04:05Z', '1')",
        "UPDATE run SET name = ''",
        "UPDATE run SET created_at = 'yesterday'",
        "UPDATE checkpoint SET step = -1 WHERE step = 20",
        "UPDATE checkpoint SET step = 10 WHERE step = 20",
        "UPDATE checkpoint SET state = 'lost' WHERE step = 20",
        "UPDATE checkpoint SET state = 'rejected' WHERE step = 20",
        "UPDATE checkpoint SET state = 'recorded' WHERE step = 20",
        "UPDATE checkpoint SET stamp = 'no json' WHERE step = 20",
        "UPDATE checkpoint SET bytes = -1",
        "UPDATE checkpoint SET seconds = 9e999",
        "UPDATE checkpoint SET step = 'ten'",
        "UPDATE module SET rows = 0",
        "INSERT INTO module SELECT 9, name, rows, columns, base_norm FROM module",
        "UPDATE factor SET frobenius_norm = -1",
        "UPDATE factor SET unchanged_share = 1.5",
        "UPDATE factor SET checkpoint_id = 99",
        "UPDATE triplet SET sigma = -1",
        "UPDATE triplet SET converged = 2",
        "INSERT INTO triplet SELECT module_id, checkpoint_id, 7, 1, 0, 1, x'00000000', right_vector FROM triplet",
        "UPDATE gram SET entries = x'00'",
        "UPDATE gram SET against = '{}'",
        "INSERT INTO registration VALUES (9, 1, 'ray', 'active', 0)",
        "INSERT INTO registration SELECT 9, checkpoint_id, model, state, 0 FROM registration",
        "UPDATE registration SET state = 'asleep'",
        "INSERT INTO triplet SELECT module_id, checkpoint_id, 2, 1, 0, 1, x'', x'' FROM triplet WHERE rank = 0",
        "INSERT INTO triplet SELECT 2, checkpoint_id, 0, 1, 0, 1, left_vector, right_vector FROM triplet WHERE module_id = 1",
        "INSERT INTO direction SELECT registration_id, module_id, 8, 1, 1, x'00', x'00' FROM registered_direction",
        "INSERT INTO registered_direction SELECT registration_id, module_id, 8, 8, 1, 1 FROM registered_direction",
        "UPDATE registered_direction SET place = -1",
        "UPDATE direction_vectors SET left_vectors = NULL",
        "INSERT INTO direction_vectors SELECT 1, 2, left_vectors, right_vectors FROM direction_vectors",
        "INSERT INTO direction_vectors SELECT 2, module_id, x'00', x'00' FROM direction_vectors",
        "INSERT INTO coordinates VALUES (1, 1, 0, x'0000000000000000')",
        "INSERT INTO coordinates VALUES (99, 1, 0, x'')",
        "INSERT INTO backtest VALUES (1, 1, 2, 1, 1, 1, 1, 1, 1)",
        "UPDATE judgement SET confidence = 1.01",
        "UPDATE judgement SET pairs = -1",
        "UPDATE verdict SET ready = 1, target_step = NULL",
        "UPDATE verdict SET reason = ''",
        "INSERT INTO decision VALUES (2, 0, 'no verdict', NULL, '2026-01-02T03:04:05Z')",
        "INSERT INTO decision VALUES (1, 1, 'no target', NULL, '2026-01-02T03:04:05Z')",
        "UPDATE prediction SET state = 'published'",
        "UPDATE prediction SET state = 'removed'",
        "UPDATE prediction SET state = 'failed'",
        "UPDATE prediction SET format = 'gguf'",
        """
        INSERT INTO prediction SELECT 9, target_step, checkpoint_id, model, format, path, state, reason, confidence,
            forced, requested_by, manifest, planned_at, emitted_at FROM prediction
        """,
        "INSERT INTO metric VALUES (9, NULL, NULL, 'accuracy', 0.5, 'api', '2026-01-02T03:04:05Z')",
        "INSERT INTO metric VALUES (9, 10, 1, 'accuracy', 0.5, 'api', '2026-01-02T03:04:05Z')",
        "INSERT INTO metric VALUES (9, NULL, 77, 'accuracy', 0.5, 'api', '2026-01-02T03:04:05Z')",
        "INSERT INTO event VALUES (9, '2026-01-02T03:04:05Z', 'x', 'no json')",
        "INSERT INTO event VALUES (9, '2026-01-02 03:04:05', 'x', '{}')",
    ])
    func theSchemaRefuses(_ statement: String) throws {
        let store = try TrajectoryDatabase.planted()
        try store.recordWhole(10, registering: "tangent")
        let checkpoint = try #require(try store.activeCheckpoint(at: TrainingStep(10)))
        _ = try store.plan(Planted.plan(checkpoint.id))
        try store.notePending(Planted.seen(20))
        #expect { try store.execute(statement) } throws: { isRefused($0) }
    }
}
