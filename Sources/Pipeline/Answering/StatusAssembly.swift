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
        let verdict = try context.store.verdicts(newest: 1).first
        let detail = try verdict.map { try VerdictDetail.decode($0.verdict.detail) }
        let threshold = context.configuration.confidence.threshold
        return RunStatus(
            run: context.configuration.run.name,
            state: progress.lastError != nil && progress.activity == .watching ? .degraded : progress.activity,
            version: context.program.version, startedAt: startedAt,
            base: RunStatus.Base(
                path: context.base.source.directory, fingerprint: context.base.fingerprint.description),
            checkpoints: try counts(progress),
            trajectory: RunStatus.TrajectorySummary(
                modules: context.base.modules.count, energyShare: detail?.energyShare,
                directionCosine: detail?.directionCosine, linearityR2: detail?.linearityR2),
            accuracy: try accuracy(),
            forecast: try verdict.map {
                RunStatus.ForecastSummary($0.verdict, detail ?? VerdictDetail(), threshold: threshold)
                    .objected(to: try $0.verdict.model.flatMap(MeasuredAccuracies(context: context).objection(to:)))
            } ?? .none(threshold: threshold, note: progress.unfinished.first?.reason ?? progress.layoutNote),
            predictions: try context.store.predictions(in: .published).map(PredictionSummary.init),
            lastError: progress.lastError)
    }

    private func counts(_ progress: RunProgress.Snapshot) throws -> RunStatus.CheckpointCounts {
        let all = try context.store.checkpoints()
        let recorded = all.filter { $0.state == .recorded }.map(\.step)
        return RunStatus.CheckpointCounts(
            recorded: recorded.count,
            pending: all.count { $0.state == .pending } + progress.unfinished.count,
            rejected: all.count { $0.state == .rejected }, firstStep: recorded.min(), lastStep: recorded.max())
    }

    private func accuracy() throws -> RunStatus.AccuracySummary {
        let known = try context.store.accuracies()
        return RunStatus.AccuracySummary(
            known: known.count, step: known.last?.step, value: known.last?.value, source: known.last?.source)
    }

    func checkpoints() throws -> CheckpointList {
        let accuracies = Dictionary(
            try context.store.accuracies().map { ($0.step, (value: $0.value, source: $0.source)) },
            uniquingKeysWith: { _, newer in newer })
        let known = try context.store.checkpoints().map { record in
            CheckpointDocument(
                record, accuracy: accuracies[record.step]?.value, source: accuracies[record.step]?.source)
        }
        let unfinished = context.progress.snapshot.unfinished.map { seen in
            CheckpointDocument(
                step: seen.step, state: .pending, reason: seen.reason, path: seen.directory, seconds: nil, bytes: nil,
                accuracy: accuracies[seen.step]?.value, accuracySource: accuracies[seen.step]?.source, recordedAt: nil)
        }
        return CheckpointList(checkpoints: (known + unfinished).sorted { $0.step < $1.step })
    }
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
