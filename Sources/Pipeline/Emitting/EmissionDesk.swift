import ConfigurationFile
import Emission
import Forecasting
import StatusAPI
import TrajectoryStore
import Vocabulary

/// Decides, once for each judged checkpoint, whether a prediction is due, and queues it.
struct EmissionDesk: Sendable {
    let context: RunContext

    /// Stores the decision for every judged checkpoint that has none: usually the newest one.
    ///
    /// - Returns: true when something was queued.
    func decideAll() throws -> Bool {
        var hasQueued = false
        for standing in try context.store.undecided() { hasQueued = try decide(standing) || hasQueued }
        return hasQueued
    }

    private func decide(_ standing: StepVerdict) throws -> Bool {
        let decision = try decision(on: standing)
        let now = context.clock.timestamp
        switch decision {
        case .wait(let reason):
            try context.store.decide(
                DecisionRecord(isEmission: false, reason: reason, targetStep: nil, decidedAt: now),
                at: standing.checkpoint)
            return false
        case .emit(let target, let confidence, let reason):
            guard let model = standing.verdict.model else { preconditionFailure("A decision to emit has a model.") }
            let place = PredictionPlace(context.configuration)
            let plans = context.configuration.emit.formats.map { format in
                PlannedPrediction(
                    targetStep: target, checkpoint: standing.checkpoint, model: model, format: format,
                    path: place.path(to: target, from: standing.step, as: format), confidence: confidence,
                    isForced: false, requestedBy: "policy", plannedAt: now)
            }
            try context.store.decide(
                DecisionRecord(isEmission: true, reason: reason, targetStep: target, decidedAt: now),
                at: standing.checkpoint, planning: plans)
            return true
        }
    }

    private func decision(on standing: StepVerdict) throws -> EmissionDecision {
        guard let model = standing.verdict.model else { return .wait(reason: standing.verdict.reason) }
        let recorded = try context.store.recordedSteps().filter { $0 <= standing.step }
        return EmissionPolicy(context.configuration).decide(
            EmissionEvidence(
                recordedSteps: recorded, records: try records(of: model, at: recorded),
                targetConfidences: try targetConfidences(of: model, at: recorded),
                emitted: try emitted(before: standing.step),
                runEnd: try VerdictDetail.decode(standing.verdict.detail).knownEnd))
    }

    /// The model's confidence at each ratio of interest after each of the newest checkpoints, oldest first.
    private func records(
        of model: ModelName, at recorded: [TrainingStep]
    ) throws -> [EmissionEvidence.Record] {
        let rows = try recorded.suffix(context.configuration.confidence.consecutive).map { step in
            try context.store.judgements(at: step).filter { $0.model == model }
        }
        return ConfidenceSettings.ratiosOfInterest.map { ratio in
            EmissionEvidence.Record(
                ratio: ratio, confidences: rows.map { row in row.first { $0.ratio == ratio }?.confidence ?? 0 })
        }
    }

    /// With a fixed target: the confidence at the reach that it needed after each of the newest checkpoints.
    private func targetConfidences(of model: ModelName, at recorded: [TrainingStep]) throws -> [Double] {
        let target = context.configuration.forecast.targetStep
        guard target > 0 else { return [] }
        return try recorded.suffix(context.configuration.confidence.consecutive).map { step in
            let ratio = Double(target) / Double(max(1, step.value))
            let row = try context.store.judgements(at: step).filter { $0.model == model && $0.pairs > 0 }
            let reaching = row.filter { $0.ratio * ConfidenceSettings.reach >= ratio }
            return reaching.min { abs($0.ratio - ratio) < abs($1.ratio - ratio) }?.confidence ?? 0
        }
    }

    private func emitted(before step: TrainingStep) throws -> [EmissionEvidence.Emitted] {
        try context.store.predictions().filter { [.published, .removed, .planned].contains($0.state) }
            .filter { $0.fromStep <= step }
            .map {
                EmissionEvidence.Emitted(
                    targetStep: $0.plan.targetStep, fromStep: $0.fromStep, confidence: $0.plan.confidence,
                    isForced: $0.plan.isForced)
            }
    }
}

extension EmissionPolicy {
    init(_ configuration: RunConfiguration) {
        let forecast = configuration.forecast
        self.init(
            targetStep: forecast.targetStep > 0 ? TrainingStep(forecast.targetStep) : nil, horizon: forecast.horizon,
            threshold: configuration.confidence.threshold, consecutive: configuration.confidence.consecutive)
    }
}
