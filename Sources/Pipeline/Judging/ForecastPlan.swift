import ConfigurationFile
import Forecasting
import TrajectoryStore
import Vocabulary

/// One forecast that could be written: from the newest checkpoint to a step, by a model, with what is known about it.
struct ForecastPlan: Sendable {
    let from: CheckpointRecord
    let target: TrainingStep
    let model: any TrajectoryModel
    /// `target / from`, above 1.
    let horizon: Double
    /// 0...1.
    let confidence: Double
    let parts: [PredictionProvenance.ConfidencePart]
    let judgement: ModelJudgement
    let readiness: Readiness
    /// How the run moved as a whole; nil with too few checkpoints.
    let drift: Drift?
}

/// Makes plans from the store as it stands: the same for the daemon's own decisions, for requests on the socket, and
/// for `alpharl predict`.
struct ForecastPlanner: Sendable {
    let context: RunContext

    /// - Parameters:
    ///   - target: a step after the one that the forecast starts from.
    ///   - origin: the recorded step to start from, as if later ones were not there; nil for the newest.
    ///   - model: nil for the model of the newest verdict.
    /// - Throws: `PipelineError.cannotPredict`, `.unknownModel`.
    func plan(
        to target: TrainingStep, from origin: TrainingStep? = nil, model asked: ModelName? = nil
    ) throws -> ForecastPlan {
        let recorded = try context.store.recordedSteps().filter { step in origin.map { step <= $0 } ?? true }
        guard let last = recorded.last, let from = try context.store.activeCheckpoint(at: last) else {
            throw PipelineError.cannotPredict(reason: "no checkpoint is recorded yet; wait for the first ones")
        }
        guard target > last else {
            throw PipelineError.cannotPredict(
                reason: "the target step \(target) lies not after the last recorded step \(last); ask for a later step")
        }
        let model = try WantedTarget(context: context).fitted(
            model(named: asked), to: target, from: last, recorded: recorded)
        let settings = ConfidenceSettings(context.configuration)
        let newest = Array(recorded.suffix(ConfidenceSettings.newestTargets))
        let detail = try context.store.verdicts().first { $0.step == last }.map {
            try VerdictDetail.decode($0.verdict.detail)
        }
        let judgement = ConfidenceRule.judge(
            model: model.name, rank: model.rank, pairs: try context.store.backtests(targets: newest).map(\.pair),
            recorded: recorded, signs: detail?.signs ?? RunSigns(),
            measured: try MeasuredAccuracies(context: context).ofPredictions(), settings: settings)
        let ratio = Double(target.value) / Double(max(1, last.value))
        let history = try RunJudge(context: context).history(of: model.name, before: last, count: settings.consecutive)
        return ForecastPlan(
            from: from, target: target, model: model, horizon: ratio, confidence: judgement.confidence(at: ratio),
            parts: ConfidenceParts.explain(judgement, at: ratio)
                + SignParts.explain(drift: detail?.drift, relativeUpdateNorm: detail?.relativeUpdateNorm),
            judgement: judgement,
            readiness: Readiness.exactly(ratio: ratio, judgement: judgement, history: history), drift: detail?.drift)
    }

    private func model(named asked: ModelName?) throws -> any TrajectoryModel {
        let name = try asked ?? context.store.verdicts(newest: 1).first?.verdict.model ?? ModelRegistry.preferred.name
        guard let model = ModelRegistry.model(named: name) else {
            throw PipelineError.unknownModel(name.text, known: ModelRegistry.all.map(\.name.text))
        }
        return model
    }
}
