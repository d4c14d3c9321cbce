import Forecasting
import TrajectoryStore
import Vocabulary

/// What is known of how good the run's checkpoints and its predictions are: the latest value of each.
struct MeasuredAccuracies: Sendable {
    let store: TrajectoryDatabase

    init(store: TrajectoryDatabase) { self.store = store }
    init(context: RunContext) { store = context.store }

    typealias Known = (step: TrainingStep, value: Double, source: String)

    /// Those that were posted, and of those that a trainer logged the ones with the newest name. A log that has a reward
    /// at first and an accuracy later leaves rewards among the accuracies of the store.
    ///
    /// - Parameter known: in step order.
    static func ofOneMeaning(_ known: [Known]) -> [Known] {
        func name(_ source: String) -> Substring { source.split(separator: ": ").last ?? "" }
        let newest = known.last { $0.source != "api" }.map { name($0.source) }
        return known.filter { $0.source == "api" || name($0.source) == newest }
    }

    /// Of the run, each with where it comes from; in step order.
    func known() throws -> [Known] { Self.ofOneMeaning(try store.accuracies()) }

    /// Of the run at the steps up to `last`, checkpoints or not.
    func ofRun(upTo last: TrainingStep) throws -> [StepAccuracy] {
        try known().filter { $0.step <= last }.map { StepAccuracy(step: $0.step, value: $0.value) }
    }

    /// Of the predictions that were written and whose start has an accuracy too. Those that a rewind has withdrawn, or
    /// that start from a checkpoint of the trajectory before it, are left out.
    func ofPredictions() throws -> [MeasuredPrediction] {
        let predictions = try store.predictions().filter {
            [.published, .removed].contains($0.state) && $0.accuracy != nil
        }
        guard !predictions.isEmpty else { return [] }
        let active = Set(try store.checkpoints(in: .recorded).map(\.id))
        let comparable = Set(try known().map(\.step))
        return predictions.filter { active.contains($0.plan.checkpoint) && comparable.contains($0.fromStep) }
            .compactMap(MeasuredPrediction.init)
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
