import StatusAPI
import TrajectoryStore
import Vocabulary

/// `GET /v1/metrics`: the run's accuracy and reward over its steps.
extension StoredAnswers {
    public func measurements() throws -> RunMeasurements {
        RunMeasurements(
            accuracy: MeasuredSeries(try store.series(MetricRecord.accuracyKey)),
            reward: MeasuredSeries(try store.series(MetricRecord.rewardKey)))
    }
}

extension MeasuredSeries {
    /// Numbers of one meaning: those that were posted, and of those that a trainer logged the ones with the newest name. A
    /// log that has a reward at first and an accuracy later leaves rewards among the accuracies.
    ///
    /// - Parameter known: in step order.
    init(_ known: [(step: TrainingStep, value: Double, source: String)]) {
        func name(_ source: String) -> Substring { source.split(separator: ": ").last ?? "" }
        let newest = known.last { $0.source != "api" }?.source
        let kept = known.filter { point in
            point.source == "api" || newest.map { name($0) == name(point.source) } ?? false
        }
        self.init(
            source: newest ?? kept.last?.source, points: kept.map { Point(step: $0.step, value: $0.value) })
    }
}
