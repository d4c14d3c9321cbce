import Forecasting
import LinearAlgebra
import StatusAPI
import TrajectoryStore
import Vocabulary

/// `/v1/history`, `/v1/backtests` and `/v1/modules/NAME`: what was judged, tested and seen step by step.
extension StoredAnswers {
    public func history() throws -> RunHistory {
        let verdicts = try store.verdicts().reversed().map { record in
            try VerdictDocument(record, VerdictFigures.decode(record.verdict.detail))
        }
        return RunHistory(threshold: threshold, verdicts: verdicts)
    }

    /// - Parameter model: nil for all of them.
    /// - Throws: `StatusRefusal.notFound` for a model that there is not.
    public func backtests(of model: ModelName?) throws -> BacktestList {
        if let model, !ModelRegistry.all.contains(where: { $0.name == model }) {
            let names = ModelRegistry.all.map(\.name.text).joined(separator: ", ")
            throw StatusRefusal.notFound("there is no model \"\(model)\"; there are \(names)")
        }
        return BacktestList(backtests: try store.backtestOutcomes(of: model).map(BacktestDocument.init))
    }

    /// - Throws: `StatusRefusal.notFound` for a module that is not tracked.
    public func module(named name: TensorName) throws -> ModuleHistory {
        let summaries = try store.factorSummaries(of: name)
        guard let newest = summaries.last else {
            throw StatusRefusal.notFound(
                "there is no module \"\(name)\" with a recorded step; GET /v1/modules lists them")
        }
        let sigmas = try store.singularValues(of: name)
        return ModuleHistory(
            name: name, shape: [newest.module.rows, newest.module.columns],
            steps: summaries.map { ModuleStep($0, sigmas: sigmas[$0.step] ?? []) }, path: try path(of: name))
    }

    private func path(of name: TensorName) throws -> ModulePath? {
        let steps = WorkingSet.select(try store.recordedSteps())
        let rows = try store.gramRows(of: name, at: steps)
        let known = Set(rows.map(\.step))
        guard known.count >= 3, let gram = TrajectoryGram(steps: steps.filter(known.contains), from: rows) else {
            return nil
        }
        return ModulePath(try TrajectoryProjection(of: gram), at: gram.steps)
    }
}

extension VerdictDocument {
    init(_ record: StepVerdict, _ detail: VerdictFigures) {
        let verdict = record.verdict
        self.init(
            step: record.step, model: verdict.model, targetStep: verdict.targetStep, horizon: verdict.horizon,
            provenHorizon: verdict.provenHorizon, confidence: verdict.confidence, skill: detail.skill,
            realised: detail.realised, ready: verdict.isReady, reason: verdict.reason,
            emitted: record.decision?.isEmission ?? false, energyShare: detail.energyShare,
            directionCosine: detail.directionCosine, linearityR2: detail.linearityR2,
            relativeUpdateNorm: detail.relativeUpdateNorm)
    }
}

extension BacktestDocument {
    init(_ outcome: BacktestOutcome) {
        self.init(
            model: outcome.model, originStep: outcome.origin, targetStep: outcome.target, ratio: outcome.ratio,
            skill: outcome.skill, realised: outcome.realised)
    }
}

extension ModuleStep {
    init(_ summary: FactorSummary, sigmas: [Double]) {
        self.init(
            step: summary.step, sigmas: sigmas, norm: summary.frobeniusNorm, energyShare: summary.energyShare,
            directionCosine: summary.directionCosine, linearityR2: summary.linearityR2,
            unchangedShare: summary.unchangedShare)
    }
}

extension ModulePath {
    init(_ projection: TrajectoryProjection, at steps: [TrainingStep]) {
        self.init(
            points: steps.indices.map { i in
                Point(
                    step: steps[i], coefficient: projection.coefficients[i], x: projection.positions[i]?.x,
                    y: projection.positions[i]?.y)
            },
            slope: projection.line?.slope, intercept: projection.line?.intercept, r2: projection.line?.r2,
            explained: projection.explained)
    }
}
