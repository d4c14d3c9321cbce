import GRDB

/// The commands that are due after predictions. A row is written in the transaction that publishes its prediction, and
/// its end when the command has ended: between the two a restart finds it due. So each command is run at least once.
extension TrajectoryDatabase {
    /// In the order of the predictions; all states unless told.
    public func hooks(in state: HookState? = nil) throws(StoreError) -> [HookRecord] {
        try reading("list the commands after predictions") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM hook WHERE ? IS NULL OR state = ? ORDER BY prediction_id",
                arguments: [state?.rawValue, state?.rawValue]
            ).map(HookRecord.init(row:))
        }
    }

    public func noteHookStart(_ prediction: PredictionID) throws(StoreError) {
        try change(prediction, "starts = starts + 1", [], events: [])
    }

    /// - Parameters:
    ///   - state: any but `due`.
    ///   - seconds: nil where nothing was started.
    ///   - reason: needed for `failed` and `skipped`.
    public func endHook(
        _ prediction: PredictionID, as state: HookState, seconds: Double?, reason: String?, endedAt: String,
        events: [NewEvent] = []
    ) throws(StoreError) {
        try change(
            prediction, "state = ?, seconds = ?, reason = ?, ended_at = ?",
            [state.rawValue, seconds, reason, endedAt], events: events)
    }

    private func change(
        _ prediction: PredictionID, _ assignments: String, _ arguments: StatementArguments, events: [NewEvent]
    ) throws(StoreError) {
        try writing("note the command after prediction \(prediction)") { database in
            try database.execute(
                sql: "UPDATE hook SET \(assignments) WHERE prediction_id = ? AND state = 'due'",
                arguments: arguments + [prediction.value])
            guard database.changesCount == 1 else {
                throw StoreError.notFound(
                    operation: "note a command", what: "a due command after prediction \(prediction)")
            }
            try Self.append(events, in: database)
        }
    }

    static func insertDueHook(_ prediction: PredictionID, in database: Database) throws {
        try database.execute(
            sql: "INSERT INTO hook (prediction_id, state) VALUES (?, 'due')", arguments: [prediction.value])
    }
}

extension HookRecord {
    init(row: Row) throws {
        self.init(
            prediction: try row.identifier("prediction_id"), state: try row.choice("state"),
            starts: try row.value("starts"), seconds: try row.optional("seconds"), reason: try row.optional("reason"),
            endedAt: try row.optional("ended_at"))
    }
}
