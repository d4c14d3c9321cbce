import ConfigurationFile
import RunLayouts
import TrajectoryStore
import Vocabulary

/// Which numbers of a trainer's log are kept, and what the store calls them.
struct LoggedNames: Hashable, Sendable {
    /// Nil where no number is known as one.
    let accuracy: String?
    /// Nil where there is none, or where it is the accuracy already.
    let reward: String?

    static let none = LoggedNames(accuracy: nil, reward: nil)

    private init(accuracy: String?, reward: String?) {
        self.accuracy = accuracy
        self.reward = reward
    }

    /// - Parameter wanted: `metrics.key`.
    init(among names: some Sequence<String>, wanted: String) {
        let accuracy = KnownMetrics.choose(among: names, wanted: wanted)
        self.init(accuracy: accuracy, reward: KnownMetrics.chooseReward(among: names, besides: accuracy))
    }

    var isKnown: Bool { accuracy != nil || reward != nil }

    /// The store's key of each with its name in the log.
    var keys: [(key: String, name: String)] {
        [(MetricRecord.accuracyKey, accuracy), (MetricRecord.rewardKey, reward)].compactMap { key, name in
            name.map { (key, $0) }
        }
    }
}

extension MetricRecord {
    /// A number from a trainer's log, at the checkpoint step that its own step means.
    ///
    /// - Returns: nil where that is no step.
    init?(step: TrainingStep, key: String, value: Double, source: String, _ context: RunContext) {
        let metrics = context.configuration.metrics
        let step = (Double(step.value) * metrics.stepScale + Double(metrics.stepOffset)).rounded()
        guard step >= 0, step < Double(Int.max) else { return nil }
        self.init(
            subject: .step(TrainingStep(Int(step))), key: key, value: value, source: source,
            receivedAt: context.clock.timestamp)
    }
}
