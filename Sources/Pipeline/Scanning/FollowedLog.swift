import ConfigurationFile
import Files
import LogEvents
import Logging
import RunLayouts
import TrajectoryStore
import Vocabulary

/// One log of the trainer's and the name in it that is used. What is remembered between looks only saves work: a row
/// that the store has is not stored again.
struct FollowedLog: Sendable {
    private var log: any MetricsLog
    private var names: Set<String> = []
    /// The name in use; when a better one turns up the log is read again.
    private var key: String?
    /// Each problem is told once.
    private var told: Set<String> = []
    /// What stands in the way now, with the path; nil: nothing.
    private(set) var problem: String?

    init(_ log: any MetricsLog) { self.log = log }

    var path: String { log.path }

    /// What was added since the last look goes into the store.
    ///
    /// - Throws: `StoreError`. A log that cannot be read is told and tried again.
    mutating func importNew(_ context: RunContext) throws {
        let wanted = context.configuration.metrics.key
        problem = nil
        var rows: [LogRow]
        do {
            rows = try log.readNew(calls: context.calls)
            names.formUnion(rows.flatMap { $0.values.keys })
            if let choice = KnownMetrics.choose(among: names, wanted: wanted), choice != key {
                log.startOver()
                rows = try log.readNew(calls: context.calls)
                key = choice
            }
        } catch {
            return tell(error.isVanished ? "not there yet" : error.description, context)
        }
        if let problem = log.problem { tell(problem, context) }
        guard let key else {
            if !names.isEmpty { tell(Self.missing(wanted, among: names), context) }
            return
        }
        try store(rows, key, context)
    }

    private static func missing(_ wanted: String, among names: Set<String>) -> String {
        let missing = wanted.isEmpty ? "no name that is known as an accuracy" : "no \(wanted)"
        let known = names.sorted()
        let more = known.count > 8 ? " and \(known.count - 8) more" : ""
        return "it has \(missing) (got \(known.prefix(8).joined(separator: ", "))\(more)); set metrics.key"
    }

    /// Of several rows for one step the last one counts, as in a trainer's own log.
    private func store(_ rows: [LogRow], _ key: String, _ context: RunContext) throws {
        var values: [TrainingStep: Double] = [:]
        for row in rows { if let value = row.values[key] { values[row.step] = value } }
        guard !values.isEmpty else { return }
        try context.store.append(
            values.sorted { $0.key < $1.key }.compactMap { step, value in
                MetricRecord(step: step, accuracy: value, source: "\(log.path): \(key)", context)
            })
    }

    private mutating func tell(_ problem: String, _ context: RunContext) {
        self.problem = "\(log.path): \(problem)"
        guard told.insert(problem).inserted else { return }
        context.log.tell(.metricsFile, nil, ["file": "\(log.path)", "reason": "\(problem)"])
    }
}

extension MetricRecord {
    /// A number from a trainer's log, at the checkpoint step that its own step means.
    ///
    /// - Returns: nil where that is no step.
    init?(step: TrainingStep, accuracy: Double, source: String, _ context: RunContext) {
        let metrics = context.configuration.metrics
        let step = (Double(step.value) * metrics.stepScale + Double(metrics.stepOffset)).rounded()
        guard step >= 0, step < Double(Int.max) else { return nil }
        self.init(
            subject: .step(TrainingStep(Int(step))), key: MetricRecord.accuracyKey, value: accuracy, source: source,
            receivedAt: context.clock.timestamp)
    }
}
