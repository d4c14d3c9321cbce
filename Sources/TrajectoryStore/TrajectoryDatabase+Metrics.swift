import GRDB
import Vocabulary

/// Measured numbers. Corrections are appended and the latest row wins, so that history stays.
extension TrajectoryDatabase {
    /// Appends what is new: a number whose source already said the same last is left out, so that a file may be
    /// imported again and again without undoing a correction that came from elsewhere.
    ///
    /// - Returns: how many were appended.
    /// - Throws: `.notFound` for a prediction that does not exist; `.notFinite`. Then none is stored.
    @discardableResult
    public func append(
        _ metrics: [MetricRecord], events: [NewEvent] = []
    ) throws(StoreError) -> Int {
        try writing("store metrics") { database in
            var appended = 0
            for metric in metrics where try Self.isNews(metric, in: database) {
                try Self.insert(metric, in: database)
                appended += 1
            }
            try Self.append(events, in: database)
            return appended
        }
    }

    /// The accuracies of training steps with where each comes from, latest value each; ascending.
    public func accuracies() throws(StoreError) -> [(step: TrainingStep, value: Double, source: String)] {
        try series(MetricRecord.accuracyKey)
    }

    /// One number of training steps with where each value comes from, latest value each; ascending.
    ///
    /// - Parameter key: such as `MetricRecord.rewardKey`.
    public func series(_ key: String) throws(StoreError) -> [(step: TrainingStep, value: Double, source: String)] {
        try reading("load the numbers called \(key)") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT step, value, source FROM latest_metric WHERE key = ? AND step IS NOT NULL ORDER BY step
                    """, arguments: [key]
            ).map { (step: try $0.step("step"), value: try $0.value("value"), source: try $0.value("source")) }
        }
    }

    /// The latest value of every subject and key, in the order in which they came.
    public func latestMetrics() throws(StoreError) -> [MetricRecord] {
        try reading("load the metrics") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM latest_metric ORDER BY id").map(MetricRecord.init(row:))
        }
    }

    private static func isNews(_ metric: MetricRecord, in database: Database) throws -> Bool {
        guard metric.value.isFinite else {
            throw StoreError.notFinite(operation: "store a metric", what: "metric \(metric.key)")
        }
        let known: Double?
        switch metric.subject {
        case .step(let step):
            known = try Double.fetchOne(
                database,
                sql: "SELECT value FROM metric WHERE key = ? AND step = ? AND source = ? ORDER BY id DESC LIMIT 1",
                arguments: [metric.key, step.value, metric.source])
        case .prediction(let id):
            known = try Double.fetchOne(
                database,
                sql: """
                    SELECT value FROM metric WHERE key = ? AND prediction_id = ? AND source = ?
                    ORDER BY id DESC LIMIT 1
                    """,
                arguments: [metric.key, id.value, metric.source])
        }
        return known != metric.value
    }

    private static func insert(_ metric: MetricRecord, in database: Database) throws {
        var step: TrainingStep?
        var prediction: PredictionID?
        switch metric.subject {
        case .step(let subject): step = subject
        case .prediction(let subject):
            prediction = subject
            let exists = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM prediction WHERE id = ?)", arguments: [subject.value])
            guard exists == true else {
                throw StoreError.notFound(operation: "store a metric", what: "prediction \(subject)")
            }
        }
        try database.execute(
            sql: """
                INSERT INTO metric (step, prediction_id, key, value, source, received_at) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                step?.value, prediction?.value, metric.key, metric.value, metric.source, metric.receivedAt,
            ])
    }
}

extension MetricRecord {
    init(row: Row) throws {
        let subject: MetricSubject
        if let step = try row.optionalStep("step") {
            subject = .step(step)
        } else {
            subject = .prediction(try row.identifier("prediction_id"))
        }
        self.init(
            subject: subject, key: try row.value("key"), value: try row.value("value"),
            source: try row.value("source"), receivedAt: try row.value("received_at"))
    }
}
