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
    /// - Parameter known: in step order.
    init(_ known: [MeasuredAccuracies.Known]) {
        let kept = MeasuredAccuracies.ofOneMeaning(known)
        self.init(
            source: (kept.last { $0.source != "api" } ?? kept.last)?.source,
            points: kept.map { Point(step: $0.step, value: $0.value) })
    }
}
