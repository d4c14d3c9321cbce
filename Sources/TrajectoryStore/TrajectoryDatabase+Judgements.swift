import GRDB
import Vocabulary

/// What was judged at each checkpoint, and what was decided.
extension TrajectoryDatabase {
    /// All models and ratios judged at a recorded step; by model and ratio.
    public func judgements(at step: TrainingStep) throws(StoreError) -> [JudgementRecord] {
        try reading("load the judgements of step \(step)") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM judgement
                    WHERE checkpoint_id = (SELECT id FROM checkpoint WHERE step = ? AND \(Self.isRecorded))
                    ORDER BY model, ratio
                    """,
                arguments: [step.value]
            ).map(JudgementRecord.init(row:))
        }
    }

    /// The verdicts of recorded checkpoints with their decisions, newest step first.
    ///
    /// - Parameter limit: how many, at least 0; all unless told.
    public func verdicts(newest limit: Int? = nil) throws(StoreError) -> [StepVerdict] {
        try reading("load the verdicts") { database in
            try Self.verdicts(in: database, "ORDER BY c.step DESC LIMIT ?", [limit ?? -1])
        }
    }

    /// Judged checkpoints without a decision, which a crash between the two leaves; ascending.
    public func undecided() throws(StoreError) -> [StepVerdict] {
        try reading("find undecided checkpoints") { database in
            try Self.verdicts(in: database, "AND d.checkpoint_id IS NULL ORDER BY c.step", [])
        }
    }

    /// Stores the decision on a judged checkpoint, together with the predictions it plans.
    ///
    /// - Returns: the numbers of the planned predictions, in order.
    /// - Throws: `.refused` when the checkpoint has no verdict, or a decision already.
    @discardableResult
    public func decide(
        _ decision: DecisionRecord, at checkpoint: CheckpointID, planning plans: [PlannedPrediction] = [],
        events: [NewEvent] = []
    ) throws(StoreError) -> [PredictionID] {
        try writing("store a decision") { database in
            try database.execute(
                sql: """
                    INSERT INTO decision (checkpoint_id, emit, reason, target_step, decided_at) VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    checkpoint.value, decision.isEmission, decision.reason, decision.targetStep?.value,
                    decision.decidedAt,
                ])
            let planned = try plans.map { try Self.insert($0, in: database) }
            try Self.append(events, in: database)
            return planned
        }
    }

    static func insert(_ records: [JudgementRecord], at checkpoint: CheckpointID, in database: Database) throws {
        for record in records {
            try database.execute(
                sql: """
                    INSERT INTO judgement (checkpoint_id, model, ratio, skill, realised, confidence, pairs)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    checkpoint.value, record.model.text, record.ratio, record.skill, record.realised,
                    record.confidence, record.pairs,
                ])
        }
    }

    static func insert(_ verdict: VerdictRecord, at checkpoint: CheckpointID, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO verdict (checkpoint_id, model, target_step, horizon, proven_horizon, confidence, ready,
                    reason, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                checkpoint.value, verdict.model?.text, verdict.targetStep?.value, verdict.horizon,
                verdict.provenHorizon, verdict.confidence, verdict.isReady, verdict.reason, verdict.detail,
            ])
    }

    private static func verdicts(
        in database: Database, _ suffix: String, _ arguments: StatementArguments
    ) throws -> [StepVerdict] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT c.step, v.*, d.emit, d.reason AS decision_reason, d.target_step AS decision_step, d.decided_at
                FROM verdict v JOIN checkpoint c ON c.id = v.checkpoint_id
                LEFT JOIN decision d ON d.checkpoint_id = v.checkpoint_id
                WHERE c.state = 'recorded' AND c.state <> 'superseded' \(suffix)
                """,
            arguments: arguments
        ).map(StepVerdict.init(row:))
    }
}

extension JudgementRecord {
    init(row: Row) throws {
        let model: String = try row.value("model")
        self.init(
            model: ModelName(model), ratio: try row.value("ratio"), skill: try row.optional("skill"),
            realised: try row.optional("realised"), confidence: try row.value("confidence"),
            pairs: try row.value("pairs"))
    }
}

extension StepVerdict {
    init(row: Row) throws {
        let verdict = VerdictRecord(
            model: try row.optional("model", as: String.self).map { ModelName($0) },
            targetStep: try row.optionalStep("target_step"), horizon: try row.optional("horizon"),
            provenHorizon: try row.optional("proven_horizon"), confidence: try row.value("confidence"),
            isReady: try row.value("ready"), reason: try row.value("reason"), detail: try row.value("detail"))
        var decision: DecisionRecord?
        if let isEmission = try row.optional("emit", as: Bool.self) {
            decision = DecisionRecord(
                isEmission: isEmission, reason: try row.value("decision_reason"),
                targetStep: try row.optionalStep("decision_step"), decidedAt: try row.value("decided_at"))
        }
        self.init(
            step: try row.step("step"), checkpoint: try row.identifier("checkpoint_id"), verdict: verdict,
            decision: decision)
    }
}
