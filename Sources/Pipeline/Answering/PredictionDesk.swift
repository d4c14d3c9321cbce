import ConfigurationFile
import Emission
import Forecasting
import StatusAPI
import TrajectoryStore
import Vocabulary

/// `POST /v1/predictions`: accepts a request or says why not. The run's loop writes what was accepted.
struct PredictionDesk: Sendable {
    let context: RunContext

    /// - Throws: `StatusRefusal.conflict` with the reason.
    func accept(_ request: StatusAPI.PredictionRequest) throws -> PredictionAccepted {
        let format = request.format ?? context.configuration.emit.formats[0]
        guard let verdict = try context.store.verdicts(newest: 1).first?.verdict else {
            throw StatusRefusal.conflict("no checkpoint is recorded yet; wait for the first ones")
        }
        guard let target = request.targetStep ?? verdict.targetStep else {
            throw StatusRefusal.conflict("\(verdict.reason); name a later target_step")
        }
        let plan: ForecastPlan
        do { plan = try ForecastPlanner(context: context).plan(to: target) } catch let error as PipelineError {
            throw StatusRefusal.conflict(error.description)
        }
        let isProven = plan.readiness.ratio != nil
        guard isProven || request.force else {
            throw StatusRefusal.conflict(
                "not confident enough to predict step \(target): \(plan.readiness.reason); "
                    + "wait for more checkpoints, or ask with \"force\": true")
        }
        let id = try queue(plan, format, isForced: !isProven)
        return PredictionAccepted(id: Int(id.value), targetStep: target, format: format)
    }

    private func queue(_ plan: ForecastPlan, _ format: PredictionFormat, isForced: Bool) throws -> PredictionID {
        let planned = PlannedPrediction(
            targetStep: plan.target, checkpoint: plan.from.id, model: plan.model.name, format: format,
            path: PredictionPlace(context.configuration).path(to: plan.target, from: plan.from.step, as: format),
            confidence: plan.confidence, isForced: isForced, requestedBy: "socket", plannedAt: context.clock.timestamp)
        do throws(StoreError) { return try context.store.plan(planned) } catch {
            guard case .refused = error else { throw error }
            throw StatusRefusal.conflict(
                "\(planned.path) is written or being written already; GET /v1/predictions lists it")
        }
    }
}

/// Where a prediction appears.
struct PredictionPlace: Sendable {
    let directory: String

    init(_ configuration: RunConfiguration) { directory = configuration.emit.directory }

    func path(to target: TrainingStep, from step: TrainingStep, as format: PredictionFormat) -> String {
        directory + "/" + PredictionFolder.name(target: target, from: step, format: format)
    }
}
