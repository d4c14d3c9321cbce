import ConfigurationFile
import Forecasting
import StatusAPI
import TrajectoryStore
import Vocabulary

/// From the record of backtests to a verdict: which model, how far, how sure, and whether it may be emitted.
struct RunJudge: Sendable {
    let context: RunContext

    struct Evidence: Sendable {
        /// The checkpoint that is being judged.
        let step: TrainingStep
        /// All recorded steps, this one included.
        let recorded: [TrainingStep]
        /// Backtests whose target is one of the newest checkpoints.
        let pairs: [BacktestPair]
        let figures: TrajectoryFigures
        let signs: RunSigns
        let relativeUpdateNorm: Double?
        let knownEnd: TrainingStep?
    }

    func judge(_ evidence: Evidence) throws -> RunVerdict {
        let settings = ConfidenceSettings(context.configuration)
        let measured = try MeasuredAccuracies(context: context).ofPredictions()
        let judgements = ModelRegistry.all.map {
            ConfidenceRule.judge(
                model: $0.name, rank: $0.rank, pairs: evidence.pairs, recorded: evidence.recorded,
                signs: evidence.signs, measured: measured, settings: settings)
        }
        let wanted = try WantedTarget(context: context).answer(from: evidence.step)
        let chosen = choose(among: judgements, wanting: ratio(of: wanted, evidence))
        let history = try history(of: chosen.model, before: evidence.step, count: settings.consecutive)
        let aim = aim(at: wanted, chosen, history, evidence)
        let detail = detail(chosen, aim, evidence)
        let record = VerdictRecord(
            model: aim.target == nil ? nil : chosen.model, targetStep: aim.target, horizon: aim.horizon,
            provenHorizon: chosen.provenHorizon, confidence: aim.horizon.map(chosen.confidence(at:)) ?? 0,
            isReady: aim.target != nil && aim.isReady, reason: aim.reason, detail: try detail.encoded())
        return RunVerdict(record: record, detail: detail, records: judgements.flatMap(\.records))
    }

    /// The reach that is asked for, as a multiple of this step.
    private func ratio(of wanted: WantedTarget.Answer, _ evidence: Evidence) -> Double {
        guard case .step(let target) = wanted else { return context.configuration.forecast.horizon }
        return Double(target.value) / Double(max(1, evidence.step.value))
    }

    /// `auto` takes the anchored model with the best record. Where none is better than keeping the last checkpoint, the
    /// first that could be tested speaks for why.
    private func choose(among judgements: [ModelJudgement], wanting ratio: Double) -> ModelJudgement {
        let asked = ModelName(context.configuration.forecast.model)
        if let named = judgements.first(where: { $0.model == asked }) { return named }
        let anchored = judgements.filter { ModelRegistry.anchored.map(\.name).contains($0.model) }
        let tested = anchored.filter { $0.model != ModelRegistry.baseline.name }
        guard let best = ForecastChoice.best(of: anchored, at: max(ratio, 1)), let first = tested.first else {
            preconditionFailure("The registry has an anchored model besides the baseline.")
        }
        return anchored[best].model == ModelRegistry.baseline.name ? first : anchored[best]
    }

    /// The same model's confidences after the checkpoints before this one, oldest first.
    func history(
        of model: ModelName, before step: TrainingStep, count: Int
    ) throws -> [[RatioConfidence]] {
        let earlier = try context.store.recordedSteps().filter { $0 < step }.suffix(count)
        return try earlier.map { earlier in
            try context.store.judgements(at: earlier).filter { $0.model == model }.map {
                RatioConfidence(ratio: $0.ratio, confidence: $0.confidence)
            }
        }
    }
}

extension RunJudge {
    private struct Aim {
        let target: TrainingStep?
        let horizon: Double?
        var isReady = false
        var streak = 0
        let reason: String
    }

    private func aim(
        at wanted: WantedTarget.Answer, _ judgement: ModelJudgement, _ history: [[RatioConfidence]],
        _ evidence: Evidence
    ) -> Aim {
        switch wanted {
        case .open: return aimAsFarAsProven(judgement, history, evidence)
        case .none(let reason): return Aim(target: nil, horizon: nil, reason: reason)
        case .step(let target):
            let ratio = Double(target.value) / Double(max(1, evidence.step.value))
            let readiness = Readiness.exactly(ratio: ratio, judgement: judgement, history: history)
            return Aim(
                target: target, horizon: ratio, isReady: readiness.ratio != nil, streak: readiness.streak,
                reason: readiness.reason)
        }
    }

    private func aimAsFarAsProven(
        _ judgement: ModelJudgement, _ history: [[RatioConfidence]], _ evidence: Evidence
    ) -> Aim {
        let horizon = context.configuration.forecast.horizon
        let readiness = Readiness.upTo(horizon: horizon, judgement: judgement, history: history)
        let target = TargetChoice.step(
            readiness.ratio ?? horizon, times: evidence.step,
            interval: TargetChoice.interval(of: evidence.recorded), knownEnd: evidence.knownEnd)
        guard let target else {
            return Aim(
                target: nil, horizon: nil,
                reason: "the run ends at step \(evidence.step): there is nothing left to predict")
        }
        let ratio = Double(target.value) / Double(max(1, evidence.step.value))
        return Aim(
            target: target, horizon: ratio, isReady: readiness.ratio != nil,
            streak: readiness.streak, reason: readiness.reason)
    }

    private func detail(_ judgement: ModelJudgement, _ aim: Aim, _ evidence: Evidence) -> VerdictDetail {
        let found = aim.horizon.map(judgement.evidence(at:))
        var parts = aim.horizon.map { ConfidenceParts.explain(judgement, at: $0) } ?? []
        parts += SignParts.explain(drift: evidence.signs.drift, relativeUpdateNorm: evidence.relativeUpdateNorm)
        return VerdictDetail(
            skill: found?.skill, realised: found?.realised, energyShare: evidence.figures.energyShare,
            directionCosine: evidence.figures.directionCosine, linearityR2: evidence.figures.linearityR2,
            relativeUpdateNorm: evidence.relativeUpdateNorm, streak: aim.streak,
            knownEnd: evidence.knownEnd, drift: evidence.signs.drift, objective: evidence.signs.objective,
            parts: parts)
    }
}

extension ConfidenceSettings {
    init(_ configuration: RunConfiguration) {
        self.init(
            threshold: configuration.confidence.threshold, consecutive: configuration.confidence.consecutive,
            minimumCheckpoints: configuration.forecast.minimumCheckpoints)
    }
}

extension ModelJudgement {
    /// As the store keeps them: one for each ratio of interest.
    var records: [JudgementRecord] {
        ratios.map {
            JudgementRecord(
                model: model, ratio: $0.ratio, skill: $0.skill, realised: $0.realised, confidence: $0.confidence,
                pairs: $0.pairs.count)
        }
    }
}
