import ConfigurationFile
import Files
import LogEvents
import Logging
import RunLayouts
import TrajectoryStore
import Vocabulary

/// Follows `metrics.source = "FILE.jsonl"`: what was added since the last look goes into the store. What is remembered
/// between looks only saves work: a row that the store has is not stored again.
struct MetricsFileImport: Sendable {
    private var file: MetricsFile?
    private var names: Set<String> = []
    /// The name in use; when a better one turns up the file is read again.
    private var key: String?
    /// Each problem is told once.
    private var told: Set<String> = []

    /// - Throws: `StoreError`. A file that cannot be read is told in the log and tried again.
    mutating func importNew(_ context: RunContext) throws {
        guard case .file(let path) = context.configuration.metrics.source else { return self = MetricsFileImport() }
        var file = self.file?.path == path ? self.file ?? MetricsFile(path: path) : MetricsFile(path: path)
        let skippedBefore = file.skippedLines
        var rows: [LogRow]
        do {
            rows = try file.readNew(calls: context.calls)
            names.formUnion(rows.flatMap { $0.values.keys })
            let choice = KnownMetrics.choose(among: names, wanted: context.configuration.metrics.key)
            if let choice, choice != key {
                file.startOver()
                rows = try file.readNew(calls: context.calls)
                key = choice
            }
        } catch {
            return tell(error.isVanished ? "not there yet" : error.description, path, context)
        }
        self.file = file
        let skipped = file.skippedLines - skippedBefore
        if skipped > 0 { tell("\(skipped) lines are no JSON object with a step and are left out", path, context) }
        guard let key else {
            let wanted = context.configuration.metrics.key
            let missing = wanted.isEmpty ? "no name that is known as an accuracy" : "no \(wanted)"
            if !names.isEmpty {
                let known = names.sorted().prefix(8).joined(separator: ", ")
                tell("it has \(missing) (got \(known)); set metrics.key", path, context)
            }
            return
        }
        try store(rows, key, "\(path): \(key)", context)
    }

    /// Of several rows for one step the last one counts, as in a trainer's own log.
    private func store(_ rows: [LogRow], _ key: String, _ source: String, _ context: RunContext) throws {
        var values: [TrainingStep: Double] = [:]
        for row in rows { if let value = row.values[key] { values[row.step] = value } }
        guard !values.isEmpty else { return }
        try context.store.append(
            values.sorted { $0.key < $1.key }.compactMap { step, value in
                MetricRecord(step: step, accuracy: value, source: source, context)
            })
    }

    private mutating func tell(_ problem: String, _ path: String, _ context: RunContext) {
        guard told.insert(problem).inserted else { return }
        context.log.tell(.metricsFile, nil, ["file": "\(path)", "reason": "\(problem)"])
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
