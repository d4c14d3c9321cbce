import GRDB
import Vocabulary

/// A checkpoint that is being recorded: what `stage…` adds stays invisible until `record` commits it.
public struct RecordingSession: Hashable, Sendable {
    public let checkpoint: CheckpointID
    public let step: TrainingStep
    /// The files that it was begun with; when others are noted, the session is over.
    let stamp: String
}

/// A checkpoint becomes recorded in two moves, as its factors may weigh hundreds of megabytes: modules are staged
/// one by one, and one transaction then adds the small rows and makes all of it count.
extension TrajectoryDatabase {
    /// Starts, or starts again from nothing.
    ///
    /// - Throws: `.wrongState` unless the checkpoint is pending.
    public func beginRecording(_ id: CheckpointID) throws(StoreError) -> RecordingSession {
        try writing("begin to record a checkpoint") { database in
            let checkpoint = try Self.requirePending(id, to: "record it", in: database)
            try Self.deleteStaged(of: id, in: database)
            return RecordingSession(checkpoint: id, step: checkpoint.step, stamp: checkpoint.seen.stamp)
        }
    }

    /// Adds one module's factor, its Gram row, and the directions that it registers with registrations of this session:
    /// one transaction. Any order, any thread. Not flushed: `record` does that.
    ///
    /// - Throws: `.wrongShape`, `.notFinite`; `.wrongState` when the checkpoint is no longer pending with the files
    ///   that the recording began with; `.refused` when the module is staged already.
    public func stage(
        _ recording: ModuleRecording, registering directions: [RegistrationID: [RegisteredDirection]] = [:],
        in session: RecordingSession
    ) throws(StoreError) {
        let operation = "stage module \(recording.module.name) of step \(session.step)"
        let rows = try StagedFactor(recording, operation: operation)
        let registered = try StagedDirections(directions, of: recording.module, operation: operation)
        try staging(operation) { database in
            try Self.requireCurrent(session, to: operation, in: database)
            let module = try Self.moduleID(
                of: recording.module, baseNorm: recording.factor.baseNorm, operation: operation, in: database)
            try rows.insert(module: module, checkpoint: session.checkpoint, in: database)
            try registered.insert(origin: session.checkpoint, module: module, in: database)
        }
    }

    /// Registers a model with the checkpoint as its origin. Its directions follow, module by module.
    ///
    /// - Parameter isFromFactor: the coordinates at the origin come from the stored rank-k part.
    public func stageRegistration(
        of model: ModelName, isFromFactor: Bool, in session: RecordingSession
    ) throws(StoreError) -> RegistrationID {
        try staging("register model \(model) at step \(session.step)") { database in
            try Self.requireCurrent(session, to: "register \(model)", in: database)
            try database.execute(
                sql: "INSERT INTO registration (checkpoint_id, model, state, from_factor) VALUES (?, ?, 'active', ?)",
                arguments: [session.checkpoint.value, model.text, isFromFactor])
            return RegistrationID(database.lastInsertedRowID)
        }
    }

    /// Commits the checkpoint: after this, and only after this, everything of it is there.
    ///
    /// - Throws: `.wrongState`, `.incomplete` when modules are missing; `.refused` for coordinates of a length that is
    ///   not that of their registration. Nothing is changed then.
    public func record(_ recording: CheckpointRecording, finishing session: RecordingSession) throws(StoreError) {
        try writing("record step \(session.step)") { database in
            try Self.requireCurrent(session, to: "record it", in: database)
            try Self.requireModules(recording.moduleCount, session: session, in: database)
            try Self.insert(recording.coordinates, at: session.checkpoint, in: database)
            try Self.insert(recording.backtests, at: session.checkpoint, in: database)
            try Self.insert(recording.judgements, at: session.checkpoint, in: database)
            try Self.insert(recording.verdict, at: session.checkpoint, in: database)
            for registration in recording.retiring { try Self.retire(registration, in: database) }
            if let steps = recording.workingSet {
                try Self.giveUpGramRows(besides: steps, recording: session.checkpoint, in: database)
            }
            try database.execute(
                sql: """
                    UPDATE checkpoint SET state = 'recorded', reason = NULL, content_hash = ?, bytes = ?, seconds = ?,
                        recorded_at = ? WHERE id = ?
                    """,
                arguments: [
                    recording.contentHash, recording.bytes, recording.seconds, recording.recordedAt,
                    session.checkpoint.value,
                ])
            try Self.append(recording.events, in: database)
        }
    }

    private static func requireCurrent(
        _ session: RecordingSession, to operation: String, in database: Database
    ) throws {
        let checkpoint = try requirePending(session.checkpoint, to: operation, in: database)
        guard checkpoint.seen.stamp == session.stamp else {
            throw StoreError.wrongState(
                operation: operation, step: session.step, got: "pending with other files",
                expected: "pending with the files that the recording began with")
        }
    }

    private static func requireModules(_ count: Int, session: RecordingSession, in database: Database) throws {
        let staged = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM factor WHERE checkpoint_id = ?", arguments: [session.checkpoint.value])
        guard staged == count else {
            throw StoreError.incomplete(step: session.step, got: staged ?? 0, expected: count)
        }
    }

    private static func retire(_ registration: RegistrationID, in database: Database) throws {
        try database.execute(
            sql: "UPDATE registration SET state = 'retired' WHERE id = ?", arguments: [registration.value])
        guard database.changesCount == 1 else {
            throw StoreError.notFound(operation: "retire a registration", what: "registration \(registration)")
        }
        try packRetiredDirections(of: registration.value, in: database)
    }

    /// Deletes the Gram rows of checkpoints that have left the working set or were superseded: nobody reads them. One goes with
    /// each checkpoint of a long run; what an older program or a rewind left goes four at a time.
    ///
    /// The rows of one module tell which checkpoints have any: at most the working set's, and what is left to delete.
    private static func giveUpGramRows(
        besides steps: [TrainingStep], recording checkpoint: CheckpointID, in database: Database
    ) throws {
        let checkpoints = try Int64.fetchAll(
            database,
            sql: """
                SELECT g.checkpoint_id FROM gram g JOIN checkpoint c ON c.id = g.checkpoint_id
                WHERE g.module_id = (SELECT min(module_id) FROM factor WHERE checkpoint_id = :checkpoint)
                AND c.id <> :checkpoint
                AND (c.state <> 'recorded' OR c.step NOT IN (SELECT value FROM json_each(:steps)))
                ORDER BY g.checkpoint_id LIMIT 4
                """, arguments: ["checkpoint": checkpoint.value, "steps": JSONText.of(steps)])
        for left in checkpoints {
            try database.execute(
                sql: """
                    DELETE FROM gram WHERE rowid IN (
                        SELECT g.rowid FROM factor f
                        CROSS JOIN gram g ON g.module_id = f.module_id AND g.checkpoint_id = f.checkpoint_id
                        WHERE f.checkpoint_id = ?)
                    """, arguments: [left])
        }
    }

    /// Moves the rows of a registration that has lost its vectors to the end of their table. Where they are they would keep a
    /// page each, of which a twentieth is used: SQLite joins pages when rows go, not when they shrink, and after a
    /// thousand checkpoints these pages were half of the store. Only rows of schemas 1 and 2 hold vectors: of others there are none here.
    static func packRetiredDirections(of registration: Int64, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE direction SET rowid = packed.place FROM (
                    SELECT rowid AS old, (SELECT max(rowid) FROM direction) + row_number() OVER (ORDER BY rowid) AS place
                    FROM direction WHERE registration_id = ?
                ) AS packed WHERE direction.rowid = packed.old
                """, arguments: [registration])
    }
}
