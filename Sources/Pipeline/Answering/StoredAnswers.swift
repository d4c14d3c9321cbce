import ConfigurationFile
import FoundationEssentials
import StatusAPI
import TrajectoryStore
import Vocabulary

/// What a store says of its run, with or without a daemon beside it. Every function reads, and blocks while it does.
public struct StoredAnswers: Sendable {
    let store: TrajectoryDatabase
    /// What a confidence has to reach; nil where it is not known.
    let threshold: Double?
    /// Checkpoints that are on disk and not in the store yet.
    let unfinished: [UnfinishedCheckpoint]

    init(store: TrajectoryDatabase, threshold: Double?, unfinished: [UnfinishedCheckpoint] = []) {
        self.store = store
        self.threshold = threshold
        self.unfinished = unfinished
    }

    init(context: RunContext) {
        self.init(
            store: context.store, threshold: context.configuration.confidence.threshold,
            unfinished: context.progress.snapshot.unfinished)
    }

    /// A store alone: the threshold is the one that the newest forecast was judged by.
    public init(store: TrajectoryDatabase) throws {
        var threshold: Double?
        for record in try store.verdicts() where threshold == nil {
            threshold = try VerdictDetail.decode(record.verdict.detail).parts.first { $0.name == "threshold" }?.value
        }
        self.init(store: store, threshold: threshold)
    }

    public func modules() throws -> ModuleList { try ModuleAssembly(store: store).modules(at: nil, order: .byName) }

    public func forecasts() throws -> ForecastList {
        try ForecastAssembly(store: store, threshold: threshold).forecasts()
    }

    public func predictions() throws -> PredictionList {
        PredictionList(predictions: try store.predictions().map { PredictionDocument($0) })
    }

    func counts() throws -> RunStatus.CheckpointCounts {
        let all = try store.checkpointSummary()
        return RunStatus.CheckpointCounts(
            recorded: all.recorded, pending: all.pending + unfinished.count, rejected: all.rejected,
            firstStep: all.firstStep, lastStep: all.lastStep,
            lastRecordedAt: all.lastRecordedAt.flatMap(WallClock.date(of:)),
            pendingReason: all.pendingReason ?? unfinished.first?.reason)
    }

    /// - Parameter problem: why the trainer's log gives none, or not all.
    func accuracy(problem: String? = nil) throws -> RunStatus.AccuracySummary {
        let known = try MeasuredAccuracies(store: store).known()
        return RunStatus.AccuracySummary(
            known: known.count, step: known.last?.step, value: known.last?.value, source: known.last?.source,
            problem: problem)
    }

    /// The newest judgement, and what was measured since. Nil before the first checkpoint is judged.
    func newestJudgement() throws -> (forecast: RunStatus.ForecastSummary, detail: VerdictDetail)? {
        guard let newest = try store.verdicts(newest: 1).first else { return nil }
        let detail = try VerdictDetail.decode(newest.verdict.detail)
        let objection = try newest.verdict.model.flatMap(MeasuredAccuracies(store: store).objection(to:))
        let forecast = RunStatus.ForecastSummary(newest.verdict, detail, threshold: threshold).objected(to: objection)
        return (forecast, detail)
    }

    public func checkpoints() throws -> CheckpointList {
        let accuracies = Dictionary(
            try store.accuracies().map { ($0.step, (value: $0.value, source: $0.source)) },
            uniquingKeysWith: { _, newer in newer })
        let known = try store.checkpoints().map { record in
            CheckpointDocument(
                record, accuracy: accuracies[record.step]?.value, source: accuracies[record.step]?.source)
        }
        let unfinished = unfinished.map { seen in
            CheckpointDocument(
                step: seen.step, state: .pending, reason: seen.reason, path: seen.directory, seconds: nil, bytes: nil,
                accuracy: accuracies[seen.step]?.value, accuracySource: accuracies[seen.step]?.source, recordedAt: nil)
        }
        return CheckpointList(checkpoints: (known + unfinished).sorted { $0.step < $1.step })
    }
}

extension StoredAnswers {
    /// As a daemon would say it that has nothing to do; `startedAt` is when the store was made.
    ///
    /// - Parameter version: of the program that asks.
    /// - Throws: `StoreError.notFound` for a store that no run has claimed yet.
    public func status(version: String) throws -> RunStatus {
        guard let run = try store.run() else {
            throw StoreError.notFound(operation: "report on the store", what: "the run")
        }
        let newest = try newestJudgement()
        return RunStatus(
            run: run.identity.name, state: .watching, version: version,
            startedAt: WallClock.date(of: run.createdAt) ?? .distantPast,
            base: RunStatus.Base(path: run.identity.basePath, fingerprint: run.identity.baseFingerprint),
            checkpoints: try counts(),
            trajectory: RunStatus.TrajectorySummary(
                modules: try store.modules().count, energyShare: newest?.detail.energyShare,
                directionCosine: newest?.detail.directionCosine, linearityR2: newest?.detail.linearityR2),
            accuracy: try accuracy(), forecast: newest?.forecast ?? .none(threshold: threshold, note: nil),
            predictions: try store.predictions(in: .published).map(PredictionSummary.init), lastError: nil)
    }
}
