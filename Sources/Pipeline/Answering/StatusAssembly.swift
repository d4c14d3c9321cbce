import Checkpoints
import ConfigurationFile
import Emission
import Files
import Forecasting
import FoundationEssentials
import StatusAPI
import TrajectoryStore
import Vocabulary

/// `/v1/status` and `/v1/checkpoints`, from the store and the run's progress.
struct StatusAssembly: Sendable {
    let context: RunContext

    func status(startedAt: Date) throws -> RunStatus {
        let progress = context.progress.snapshot
        let answers = StoredAnswers(context: context)
        let newest = try answers.newestJudgement()
        let threshold = context.configuration.confidence.threshold
        let isBusy = progress.activity == .recording || progress.activity == .emitting
        return RunStatus(
            run: context.configuration.run.name, state: Self.state(of: progress),
            version: context.program.version, startedAt: startedAt,
            work: isBusy ? progress.work.map { RunStatus.Work($0, at: .now) } : nil,
            base: RunStatus.Base(
                path: context.base.source.directory, fingerprint: context.base.fingerprint.description),
            layout: RunStatus.Layout(name: progress.layoutName, reason: progress.layoutNote, form: progress.form),
            checkpoints: try answers.counts(),
            trajectory: RunStatus.TrajectorySummary(
                modules: context.base.modules.count, energyShare: newest?.detail.energyShare,
                directionCosine: newest?.detail.directionCosine, linearityR2: newest?.detail.linearityR2),
            accuracy: try answers.accuracy(problem: progress.metricsProblem),
            forecast: newest?.forecast
                ?? .none(threshold: threshold, note: progress.unfinished.first?.reason ?? progress.layoutNote),
            predictions: try context.store.predictions(in: .published).map(PredictionSummary.init),
            lastError: progress.lastError)
    }

    static func state(of progress: RunProgress.Snapshot) -> RunStatus.State {
        progress.lastError != nil && progress.activity == .watching ? .degraded : progress.activity
    }

    func checkpoints() throws -> CheckpointList { try StoredAnswers(context: context).checkpoints() }
}

extension CheckpointDocument {
    init(_ record: CheckpointRecord, accuracy: Double?, source: String?) {
        let isRecorded = record.state == .recorded
        self.init(
            step: record.step, state: State(record.state), reason: record.reason, path: record.seen.directory,
            seconds: record.seconds, bytes: isRecorded ? record.seen.bytes.map(Int.init) : nil, accuracy: accuracy,
            accuracySource: source, recordedAt: record.recordedAt.flatMap(WallClock.date(of:)))
    }
}

extension CheckpointDocument.State {
    init(_ state: CheckpointState) {
        switch state {
        case .pending: self = .pending
        case .recorded: self = .recorded
        case .rejected: self = .rejected
        case .gone: self = .gone
        case .superseded: self = .superseded
        }
    }
}

extension RunStatus.ForecastSummary {
    /// What was measured since the checkpoint was judged overrides the judgement at once.
    func objected(to gap: EvidenceGap?) -> Self {
        guard let gap else { return self }
        var summary = self
        summary.confidence = 0
        summary.provenHorizon = nil
        summary.ready = false
        summary.reason = gap.description
        return summary
    }
}
