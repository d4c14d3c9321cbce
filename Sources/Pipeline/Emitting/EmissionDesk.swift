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
        // It may have been measured since the checkpoint was judged.
        if let objection = try MeasuredAccuracies(context: context).objection(to: model) {
            return .wait(reason: objection.description)
        }
        let recorded = try context.store.recordedSteps().filter { $0 <= standing.step }
        let target = hasFixedTarget ? standing.verdict.targetStep : nil
        return EmissionPolicy(context.configuration, targetStep: target).decide(
            EmissionEvidence(
                recordedSteps: recorded, records: try records(of: model, at: recorded),
                targetConfidences: try target.map { try confidences(of: model, reaching: $0, at: recorded) } ?? [],
                emitted: try emitted(before: standing.step).map { $0.regarded(as: movingTarget(target)) },
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

    /// A step or an accuracy is asked for, and the verdict names the step that it means.
    private var hasFixedTarget: Bool {
        let forecast = context.configuration.forecast
        return forecast.targetStep > 0 || forecast.targetAccuracy > 0
    }

    /// The target of an accuracy, which moves a little with each checkpoint.
    private func movingTarget(_ target: TrainingStep?) -> TrainingStep? {
        context.configuration.forecast.targetStep > 0 ? nil : target
    }

    /// The confidence at the reach that a target needed after each of the newest checkpoints.
    private func confidences(
        of model: ModelName, reaching target: TrainingStep, at recorded: [TrainingStep]
    ) throws -> [Double] {
        try recorded.suffix(context.configuration.confidence.consecutive).map { step in
            let ratio = Double(target.value) / Double(max(1, step.value))
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
    init(_ configuration: RunConfiguration, targetStep: TrainingStep?) {
        self.init(
            targetStep: targetStep, horizon: configuration.forecast.horizon,
            threshold: configuration.confidence.threshold, consecutive: configuration.confidence.consecutive)
    }
}

extension EmissionEvidence.Emitted {
    /// Where a target moves, one that was emitted for nearly the same step was emitted for it.
    fileprivate func regarded(as target: TrainingStep?) -> Self {
        guard let target else { return self }
        let (near, far) = (Double(min(target, targetStep).value), Double(max(target, targetStep).value))
        guard far < EmissionPolicy.growth * near else { return self }
        return Self(targetStep: target, fromStep: fromStep, confidence: confidence, isForced: isForced)
    }
}
