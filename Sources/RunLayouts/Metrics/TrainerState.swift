import Checkpoints
public import Vocabulary

/// `trainer_state.json` of the Hugging Face Trainer, as far as we use it: where the run is, how far it is meant to go,
/// and what it logged on the way.
public struct TrainerState: Hashable, Sendable {
    /// One row of `log_history`. Trainers write window means under most names.
    public typealias Row = LogRow

    /// Why the file is not one.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case notJSON(JSONProblem)
        case noGlobalStep

        public var description: String {
            switch self {
            case .notJSON(let problem): problem.description
            case .noGlobalStep: "it has no global_step that is a whole number"
            }
        }
    }

    /// 64 MiB: some 100,000 rows of twenty numbers.
    public static let largestFile = 64 << 20

    public let globalStep: TrainingStep
    /// `max_steps`, the run's known end; nil where it is not above 0.
    public let maximumStep: TrainingStep?
    /// In the order of the file. After a rewind a step occurs more than once: the last one counts.
    public let log: [Row]
    /// The kind of file, for the source of an accuracy.
    public let origin: String

    init(globalStep: TrainingStep, log: [Row], origin: String) {
        self.globalStep = globalStep
        maximumStep = nil
        self.log = log
        self.origin = origin
    }

    /// Reads what Python's `json.dumps` writes: JSON with bare NaN, Infinity and -Infinity. Rows without a step and
    /// numbers that are not finite are left out.
    ///
    /// - Parameter includingLog: false reads the steps only.
    public init(json: [UInt8], includingLog: Bool = true) throws(Problem) {
        var reading = Reading(bytes: json, includingLog: includingLog)
        do {
            var scanner = try JSONScanner(json, dialect: .python)
            try scanner.object(
                member: { (scanner, key) throws(JSONProblem) in try reading.take(key, &scanner) }, problem: { $0 })
            try scanner.end()
        } catch {
            throw .notJSON(error)
        }
        guard let step = reading.globalStep else { throw .noGlobalStep }
        globalStep = step
        maximumStep = reading.maximumStep.flatMap { $0.value > 0 ? $0 : nil }
        log = reading.log
        origin = "trainer_state"
    }

    /// The names of the numbers there are, each once.
    public var names: Set<String> { log.reduce(into: []) { $0.formUnion($1.values.keys) } }

    /// One number by step, in step order; of several rows for one step the last one that has it.
    public func series(_ name: String) -> [(step: TrainingStep, value: Double)] {
        var values: [TrainingStep: Double] = [:]
        for row in log { if let value = row.values[name] { values[row.step] = value } }
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// What has been read of the file so far.
private struct Reading {
    /// What the scanner goes through.
    let bytes: [UInt8]
    let includingLog: Bool
    var globalStep: TrainingStep?
    var maximumStep: TrainingStep?
    var log: [TrainerState.Row] = []
    private var rows = LogRowReader()

    init(bytes: [UInt8], includingLog: Bool) {
        self.bytes = bytes
        self.includingLog = includingLog
    }

    mutating func take(_ key: String, _ scanner: inout JSONScanner) throws(JSONProblem) {
        switch key {
        case "global_step": globalStep = try LogRowReader.step(&scanner, in: bytes)
        case "max_steps": maximumStep = try LogRowReader.step(&scanner, in: bytes)
        case "log_history" where includingLog:
            guard try scanner.peek() == .array else { return try scanner.skip() }
            try scanner.array { (scanner) throws(JSONProblem) in
                if let row = try rows.row(&scanner, in: bytes) { log.append(row) }
            }
        default: try scanner.skip()
        }
    }
}
