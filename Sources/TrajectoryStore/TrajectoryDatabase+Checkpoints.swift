import GRDB
import Vocabulary

extension TrajectoryDatabase {
    /// Notes a complete checkpoint as pending, in the run's present segment.
    ///
    /// A step that is pending with the same files stays as it is, so that scans may repeat. One that is pending with
    /// other files, rejected or gone becomes pending with the new one, and what was staged of it is deleted. One that is recorded is refused: a changed one is a rewind (`supersede`) or the same content with
    /// new identities (`updateStamp`).
    ///
    /// - Throws: `.wrongState` for a recorded step; `.notFound` before `claim`.
    @discardableResult
    public func notePending(_ seen: SeenCheckpoint) throws(StoreError) -> CheckpointRecord {
        try writing("note the checkpoint of step \(seen.step)") { database in
            let run = try Self.requireRun(in: database)
            if let known = try Self.activeCheckpoint(at: seen.step, in: database) {
                if known.state == .pending && known.seen.isSameFiles(as: seen) { return known }
                guard known.state != .recorded else {
                    throw StoreError.wrongState(
                        operation: "note it as pending", step: seen.step, got: known.state.rawValue,
                        expected: "not recorded")
                }
                try Self.deleteStaged(of: known.id, in: database)
                try database.execute(
                    sql: """
                        UPDATE checkpoint SET state = 'pending', reason = NULL, segment = ?, directory = ?, layout = ?,
                            stamp = ?, bytes = ?, seen_at = ? WHERE id = ?
                        """,
                    arguments: [
                        run.segment, seen.directory, seen.layout, seen.stamp, seen.bytes, seen.seenAt, known.id.value,
                    ])
            } else {
                try database.execute(
                    sql: """
                        INSERT INTO checkpoint (step, segment, directory, layout, state, stamp, bytes, seen_at)
                        VALUES (?, ?, ?, ?, 'pending', ?, ?, ?)
                        """,
                    arguments: [
                        seen.step.value, run.segment, seen.directory, seen.layout, seen.stamp, seen.bytes, seen.seenAt,
                    ])
            }
            return try Self.requireActive(seen.step, in: database)
        }
    }

    /// Checkpoints in step order, superseded ones after the step that replaced them; all states unless told.
    public func checkpoints(in state: CheckpointState? = nil) throws(StoreError) -> [CheckpointRecord] {
        try reading("list the checkpoints") { database in
            let order = "ORDER BY step, segment DESC, id DESC"
            guard let state else {
                return try Self.checkpoints(in: database, "SELECT * FROM checkpoint \(order)", [])
            }
            return try Self.checkpoints(
                in: database, "SELECT * FROM checkpoint WHERE state = ? \(order)", [state.rawValue])
        }
    }

    public func checkpoint(_ id: CheckpointID) throws(StoreError) -> CheckpointRecord {
        try reading("read a checkpoint") { try Self.requireCheckpoint(id, in: $0) }
    }

    /// The checkpoint of a step that is not superseded.
    public func activeCheckpoint(at step: TrainingStep) throws(StoreError) -> CheckpointRecord? {
        try reading("read checkpoint \(step)") { try Self.activeCheckpoint(at: step, in: $0) }
    }

    /// The pending checkpoint with the smallest step, of those that are not in `others`.
    public func nextPending(except others: Set<CheckpointID> = []) throws(StoreError) -> CheckpointRecord? {
        try reading("find the next checkpoint") { database in
            let left = others.map { String($0.value) }.sorted().joined(separator: ", ")
            return try Self.checkpoints(
                in: database,
                "SELECT * FROM checkpoint WHERE state = 'pending' AND id NOT IN (\(left)) ORDER BY step LIMIT 1", []
            ).first
        }
    }

    /// The checkpoints in a few numbers: one sweep over their rows, of which none is loaded.
    public func checkpointSummary() throws(StoreError) -> CheckpointSummary {
        try reading("sum up the checkpoints") { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*) FILTER (WHERE state = 'recorded') AS recorded,
                        count(*) FILTER (WHERE state = 'pending') AS pending,
                        count(*) FILTER (WHERE state = 'rejected') AS rejected,
                        min(step) FILTER (WHERE state = 'recorded') AS first_step,
                        max(step) FILTER (WHERE state = 'recorded') AS last_step,
                        max(recorded_at) FILTER (WHERE state = 'recorded') AS last_recorded_at,
                        (SELECT reason FROM checkpoint WHERE state = 'pending' AND reason IS NOT NULL
                            ORDER BY step LIMIT 1) AS pending_reason
                    FROM checkpoint
                    """)
            return try row.map(CheckpointSummary.init(row:)) ?? CheckpointSummary()
        }
    }

    /// How many checkpoints are in each state; states without any are left out.
    public func checkpointCounts() throws(StoreError) -> [CheckpointState: Int] {
        try reading("count the checkpoints") { database in
            var counts: [CheckpointState: Int] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT state, count(*) AS n FROM checkpoint GROUP BY state") {
                counts[try row.choice("state")] = try row.value("n")
            }
            return counts
        }
    }

    /// Steps of all recorded checkpoints, ascending.
    public func recordedSteps() throws(StoreError) -> [TrainingStep] {
        try reading("list the recorded steps") { database in
            let sql = "SELECT step FROM checkpoint WHERE \(Self.isRecorded) ORDER BY step"
            return try Int.fetchAll(database, sql: sql).map { value in
                guard value >= 0 else { throw MalformedValue(column: "step", expected: "a step of at least 0") }
                return TrainingStep(value)
            }
        }
    }

    /// Of rows of `checkpoint`. The second condition says nothing new, but it is that of the index by step: without it every
    /// checkpoint's row is read, and they are as many as the run is long.
    static let isRecorded = "state = 'recorded' AND state <> 'superseded'"

    /// Refuses a pending checkpoint for good, or until its files change. What was staged of it is deleted.
    public func markRejected(
        _ id: CheckpointID, reason: String, events: [NewEvent] = []
    ) throws(StoreError) {
        try setAside(id, as: .rejected, reason: reason, events: events)
    }

    /// Notes that a pending checkpoint vanished before it was read whole. What was staged of it is deleted.
    public func markGone(_ id: CheckpointID, reason: String, events: [NewEvent] = []) throws(StoreError) {
        try setAside(id, as: .gone, reason: reason, events: events)
    }

    /// Says why a pending checkpoint is not recorded yet. It stays pending; what was staged of it is deleted.
    public func postpone(_ id: CheckpointID, reason: String) throws(StoreError) {
        try setAside(id, as: .pending, reason: reason, events: [])
    }

    /// A rewind: everything from `step` on is superseded, models that registered there are retired, predictions that
    /// start there are withdrawn, and checkpoints noted from now on belong to a new segment.
    ///
    /// - Returns: the new segment.
    @discardableResult
    public func supersede(
        from step: TrainingStep, reason: String, events: [NewEvent] = []
    ) throws(StoreError) -> Int {
        try writing("supersede checkpoints from step \(step)") { database in
            let affected = try Self.checkpoints(
                in: database, "SELECT * FROM checkpoint WHERE step >= ? AND state <> 'superseded'", [step.value])
            for checkpoint in affected where checkpoint.state != .recorded {
                try Self.deleteStaged(of: checkpoint.id, in: database)
            }
            for checkpoint in affected {
                let registrations = try Int64.fetchAll(
                    database,
                    sql: "UPDATE registration SET state = 'retired' WHERE checkpoint_id = ? RETURNING id",
                    arguments: [checkpoint.id.value])
                for id in registrations { try Self.packRetiredDirections(of: id, in: database) }
                try database.execute(
                    sql: "UPDATE checkpoint SET state = 'superseded', reason = ? WHERE id = ?",
                    arguments: [reason, checkpoint.id.value])
                try Self.withdrawPredictions(from: checkpoint.id, reason: reason, in: database)
            }
            try database.execute(sql: "UPDATE run SET segment = segment + 1")
            try Self.append(events, in: database)
            return try Self.requireRun(in: database).segment
        }
    }

    /// The files of a checkpoint have other identities (copied, touched, moved) but the same content.
    public func updateStamp(_ id: CheckpointID, stamp: String, directory: String) throws(StoreError) {
        try writing("update a checkpoint's stamp") { database in
            _ = try Self.requireCheckpoint(id, in: database)
            try database.execute(
                sql: "UPDATE checkpoint SET stamp = ?, directory = ? WHERE id = ?",
                arguments: [stamp, directory, id.value])
        }
    }

    private func setAside(
        _ id: CheckpointID, as state: CheckpointState, reason: String, events: [NewEvent]
    ) throws(StoreError) {
        try writing("mark a checkpoint \(state.rawValue)") { database in
            let checkpoint = try Self.requirePending(id, to: "mark it \(state.rawValue)", in: database)
            try Self.deleteStaged(of: checkpoint.id, in: database)
            try database.execute(
                sql: "UPDATE checkpoint SET state = ?, reason = ? WHERE id = ?",
                arguments: [state.rawValue, reason, id.value])
            try Self.append(events, in: database)
        }
    }
}
