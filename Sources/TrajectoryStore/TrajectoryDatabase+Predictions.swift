import GRDB
import Vocabulary

/// Predictions around their publishing: planned before the first byte is written, published after the rename.
extension TrajectoryDatabase {
    /// Plans a prediction that somebody asked for; those of the policy come with their decision (`decide`).
    ///
    /// - Throws: `.refused` when its path is that of a planned or published one.
    public func plan(_ prediction: PlannedPrediction) throws(StoreError) -> PredictionID {
        try writing("plan a prediction") { try Self.insert(prediction, in: $0) }
    }

    /// Makes the events that tell of a change, from the prediction as it is after it; they are kept with it or not at all.
    public typealias Telling = (PredictionRecord) throws -> [NewEvent]

    /// - Parameters:
    ///   - manifest: the JSON of `alpharl.json`.
    ///   - hookIsDue: the user's command is to be run for it.
    public func markPublished(
        _ id: PredictionID, manifest: String, emittedAt: String, hookIsDue: Bool = false,
        events: Telling = { _ in [] }
    ) throws(StoreError) {
        try change(
            id, "state = 'published', reason = NULL, manifest = ?, emitted_at = ?", [manifest, emittedAt],
            events: events, hookIsDue: hookIsDue)
    }

    public func markFailed(
        _ id: PredictionID, reason: String, events: Telling = { _ in [] }
    ) throws(StoreError) {
        try change(id, "state = 'failed', reason = ?", [reason], events: events)
    }

    /// Says why a planned prediction is not written yet. It stays planned.
    public func postpone(
        _ id: PredictionID, reason: String, events: Telling = { _ in [] }
    ) throws(StoreError) {
        try change(id, "reason = ?", [reason], events: events)
    }

    public func markWithdrawn(
        _ id: PredictionID, reason: String, events: Telling = { _ in [] }
    ) throws(StoreError) {
        try change(id, "state = 'withdrawn', reason = ?", [reason], events: events)
    }

    /// Its folder was deleted to keep only the newest few.
    public func markRemoved(
        _ id: PredictionID, reason: String, events: Telling = { _ in [] }
    ) throws(StoreError) {
        try change(id, "state = 'removed', reason = ?", [reason], events: events)
    }

    /// Predictions in the order in which they were planned; all states unless told.
    public func predictions(in state: PredictionState? = nil) throws(StoreError) -> [PredictionRecord] {
        try reading("list the predictions") { database in
            try Self.predictions(in: database, "? IS NULL OR p.state = ?", [state?.rawValue, state?.rawValue])
        }
    }

    public func prediction(_ id: PredictionID) throws(StoreError) -> PredictionRecord? {
        try reading("read prediction \(id)") { try Self.predictions(in: $0, "p.id = ?", [id.value]).first }
    }

    /// Those that start from a checkpoint which no longer counts.
    static func withdrawPredictions(from checkpoint: CheckpointID, reason: String, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE prediction SET state = 'withdrawn', reason = ?
                WHERE checkpoint_id = ? AND state IN ('planned', 'published')
                """,
            arguments: [reason, checkpoint.value])
    }

    static func insert(_ plan: PlannedPrediction, in database: Database) throws -> PredictionID {
        try database.execute(
            sql: """
                INSERT INTO prediction (target_step, checkpoint_id, model, format, path, state, confidence, forced,
                    requested_by, planned_at) VALUES (?, ?, ?, ?, ?, 'planned', ?, ?, ?, ?)
                """,
            arguments: [
                plan.targetStep.value, plan.checkpoint.value, plan.model.text, plan.format.rawValue, plan.path,
                plan.confidence, plan.isForced, plan.requestedBy, plan.plannedAt,
            ])
        return PredictionID(database.lastInsertedRowID)
    }

    private func change(
        _ id: PredictionID, _ assignments: String, _ arguments: StatementArguments, events: Telling,
        hookIsDue: Bool = false
    ) throws(StoreError) {
        try writing("change prediction \(id)") { database in
            try database.execute(
                sql: "UPDATE prediction SET \(assignments) WHERE id = ?", arguments: arguments + [id.value])
            guard let changed = try Self.predictions(in: database, "p.id = ?", [id.value]).first else {
                throw StoreError.notFound(operation: "change a prediction", what: "prediction \(id)")
            }
            if hookIsDue { try Self.insertDueHook(id, in: database) }
            try Self.append(events(changed), in: database)
        }
    }

    private static func predictions(
        in database: Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> [PredictionRecord] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT p.*, s.from_step, s.accuracy, s.from_accuracy
                FROM prediction p JOIN prediction_summary s ON s.id = p.id WHERE \(condition) ORDER BY p.id
                """,
            arguments: arguments
        ).map(PredictionRecord.init(row:))
    }
}

extension PredictionRecord {
    init(row: Row) throws {
        let model: String = try row.value("model")
        let plan = PlannedPrediction(
            targetStep: try row.step("target_step"), checkpoint: try row.identifier("checkpoint_id"),
            model: ModelName(model), format: try row.choice("format"), path: try row.value("path"),
            confidence: try row.value("confidence"), isForced: try row.value("forced"),
            requestedBy: try row.value("requested_by"), plannedAt: try row.value("planned_at"))
        self.init(
            id: try row.identifier("id"), plan: plan, fromStep: try row.step("from_step"),
            state: try row.choice("state"), reason: try row.optional("reason"),
            manifest: try row.optional("manifest"), emittedAt: try row.optional("emitted_at"),
            accuracy: try row.optional("accuracy"), fromAccuracy: try row.optional("from_accuracy"))
    }
}
