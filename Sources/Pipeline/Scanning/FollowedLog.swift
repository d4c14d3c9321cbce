import ConfigurationFile
import Files
import LogEvents
import Logging
import RunLayouts
import TrajectoryStore
import Vocabulary

/// One log of the trainer's and the names in it that are used. What is remembered between looks only saves work: a row
/// that the store has is not stored again.
struct FollowedLog: Sendable {
    private var log: any MetricsLog
    private var names: Set<String> = []
    /// In use; when better ones turn up the log is read again.
    private var chosen = LoggedNames.none
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
        // What was read counts as read when it is stored.
        var (log, names, chosen) = (log, names, chosen)
        var rows: [LogRow]
        do {
            rows = try log.readNew(calls: context.calls)
            names.formUnion(rows.flatMap { $0.values.keys })
            let choice = LoggedNames(among: names, wanted: wanted)
            if choice.isKnown, choice != chosen {
                log.startOver()
                rows = try log.readNew(calls: context.calls)
                chosen = choice
            }
        } catch {
            return tell(error.isVanished ? "not there yet" : error.description, context)
        }
        if let problem = log.problem { tell(problem, context) }
        if chosen.accuracy == nil, !names.isEmpty { tell(Self.missing(wanted, among: names), context) }
        try store(rows, of: chosen, context)
        (self.log, self.names, self.chosen) = (log, names, chosen)
    }

    private static func missing(_ wanted: String, among names: Set<String>) -> String {
        let missing = wanted.isEmpty ? "no name that is known as an accuracy" : "no \(wanted)"
        let known = names.sorted()
        let more = known.count > 8 ? " and \(known.count - 8) more" : ""
        return "it has \(missing) (got \(known.prefix(8).joined(separator: ", "))\(more)); set metrics.key"
    }

    /// Of several rows for one step the last one counts, as in a trainer's own log.
    private func store(_ rows: [LogRow], of chosen: LoggedNames, _ context: RunContext) throws {
        let records = chosen.keys.flatMap { key, name in
            var values: [TrainingStep: Double] = [:]
            for row in rows { if let value = row.values[name] { values[row.step] = value } }
            return values.sorted { $0.key < $1.key }.compactMap { step, value in
                MetricRecord(step: step, key: key, value: value, source: "\(log.path): \(name)", context)
            }
        }
        if !records.isEmpty { try context.store.append(records) }
    }

    private mutating func tell(_ problem: String, _ context: RunContext) {
        self.problem = "\(log.path): \(problem)"
        guard told.insert(problem).inserted else { return }
        context.log.tell(.metricsFile, nil, ["file": "\(log.path)", "reason": "\(problem)"])
    }
}
