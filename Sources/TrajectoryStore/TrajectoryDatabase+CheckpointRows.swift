import GRDB
import Vocabulary

/// Rows of `checkpoint` inside a transaction.
extension TrajectoryDatabase {
    static func activeCheckpoint(at step: TrainingStep, in database: Database) throws -> CheckpointRecord? {
        try checkpoints(
            in: database, "SELECT * FROM checkpoint WHERE step = ? AND state <> 'superseded'", [step.value]
        ).first
    }

    static func requireActive(_ step: TrainingStep, in database: Database) throws -> CheckpointRecord {
        guard let checkpoint = try activeCheckpoint(at: step, in: database) else {
            throw StoreError.notFound(operation: "read a checkpoint", what: "step \(step)")
        }
        return checkpoint
    }

    static func requireCheckpoint(_ id: CheckpointID, in database: Database) throws -> CheckpointRecord {
        let found = try checkpoints(in: database, "SELECT * FROM checkpoint WHERE id = ?", [id.value])
        guard let checkpoint = found.first else {
            throw StoreError.notFound(operation: "read a checkpoint", what: "checkpoint \(id)")
        }
        return checkpoint
    }

    static func requirePending(
        _ id: CheckpointID, to operation: String, in database: Database
    ) throws -> CheckpointRecord {
        let checkpoint = try requireCheckpoint(id, in: database)
        guard checkpoint.state == .pending else {
            throw StoreError.wrongState(
                operation: operation, step: checkpoint.step, got: checkpoint.state.rawValue, expected: "pending")
        }
        return checkpoint
    }

    static func checkpoints(
        in database: Database, _ sql: String, _ arguments: StatementArguments
    ) throws -> [CheckpointRecord] {
        try Row.fetchAll(database, sql: sql, arguments: arguments).map(CheckpointRecord.init(row:))
    }

    /// Deletes the rows of a recording that was not finished. Triplets, Gram rows, directions go with them.
    static func deleteStaged(of id: CheckpointID, in database: Database) throws {
        try database.execute(sql: "DELETE FROM direction_vectors WHERE checkpoint_id = ?", arguments: [id.value])
        try database.execute(sql: "DELETE FROM registration WHERE checkpoint_id = ?", arguments: [id.value])
        try database.execute(sql: "DELETE FROM factor WHERE checkpoint_id = ?", arguments: [id.value])
    }

    /// What a crash left of recordings that were under way.
    func deleteUnfinishedRecordings() throws(StoreError) {
        try writing("delete unfinished recordings") { database in
            for checkpoint in try Self.checkpoints(
                in: database, "SELECT * FROM checkpoint WHERE state NOT IN ('recorded', 'superseded')", [])
            {
                try Self.deleteStaged(of: checkpoint.id, in: database)
            }
        }
    }
}

extension CheckpointRecord {
    init(row: Row) throws {
        let seen = SeenCheckpoint(
            step: try row.step("step"), directory: try row.value("directory"), layout: try row.value("layout"),
            stamp: try row.value("stamp"), bytes: try row.optional("bytes"), seenAt: try row.value("seen_at"))
        self.init(
            id: try row.identifier("id"), seen: seen, segment: try row.value("segment"),
            state: try row.choice("state"), reason: try row.optional("reason"),
            contentHash: try row.optional("content_hash"), seconds: try row.optional("seconds"),
            recordedAt: try row.optional("recorded_at"))
    }
}

extension CheckpointSummary {
    init(row: Row) throws {
        recorded = try row.value("recorded")
        pending = try row.value("pending")
        rejected = try row.value("rejected")
        firstStep = try row.optionalStep("first_step")
        lastStep = try row.optionalStep("last_step")
        lastRecordedAt = try row.optional("last_recorded_at")
        pendingReason = try row.optional("pending_reason")
    }
}
