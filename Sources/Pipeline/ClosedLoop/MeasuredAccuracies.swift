import Forecasting
import TrajectoryStore
import Vocabulary

/// What is known of how good the run's checkpoints and its predictions are: the latest value of each.
struct MeasuredAccuracies: Sendable {
    let store: TrajectoryDatabase

    init(store: TrajectoryDatabase) { self.store = store }
    init(context: RunContext) { store = context.store }

    /// Of the run at the steps up to `last`, checkpoints or not.
    func ofRun(upTo last: TrainingStep) throws -> [StepAccuracy] {
        try store.accuracies().filter { $0.step <= last }.map { StepAccuracy(step: $0.step, value: $0.value) }
    }

    /// Of the predictions that were written and whose start has an accuracy too. Those that a rewind has withdrawn, or
    /// that start from a checkpoint of the trajectory before it, are left out.
    func ofPredictions() throws -> [MeasuredPrediction] {
        let predictions = try store.predictions().filter {
            [.published, .removed].contains($0.state) && $0.accuracy != nil
        }
        guard !predictions.isEmpty else { return [] }
        let active = Set(try store.checkpoints(in: .recorded).map(\.id))
        return predictions.filter { active.contains($0.plan.checkpoint) }.compactMap(MeasuredPrediction.init)
    }

    /// Why a model has no confidence whatever its backtests say; nil where nothing speaks against it.
    func objection(to model: ModelName) throws -> EvidenceGap? {
        BehaviouralRecord.disappointment(of: model, among: try ofPredictions()).map(EvidenceGap.disappointed)
    }
}

extension MeasuredPrediction {
    /// Nil where one of the two accuracies is not known.
    init?(_ record: PredictionRecord) {
        guard let accuracy = record.accuracy, let start = record.fromAccuracy else { return nil }
        self.init(
            number: Int(record.id.value), model: record.plan.model, fromStep: record.fromStep,
            targetStep: record.plan.targetStep, accuracy: accuracy, startAccuracy: start)
    }
}
