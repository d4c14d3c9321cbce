import Vocabulary

/// What a metric is about.
public enum MetricSubject: Hashable, Sendable {
    case step(TrainingStep)
    case prediction(PredictionID)
}

/// One measured number. The accuracy that forecasts use has the key `accuracy`; what the run is trained on, which is shown
/// and nothing else, has the key `reward`.
public struct MetricRecord: Hashable, Sendable {
    public static let accuracyKey = "accuracy"
    public static let rewardKey = "reward"

    public let subject: MetricSubject
    public let key: String
    /// Finite.
    public let value: Double
    /// Where it comes from: `api`, a file's path, ...
    public let source: String
    public let receivedAt: String

    public init(subject: MetricSubject, key: String, value: Double, source: String, receivedAt: String) {
        self.subject = subject
        self.key = key
        self.value = value
        self.source = source
        self.receivedAt = receivedAt
    }
}

/// Something that happened, for those who listen.
public struct NewEvent: Hashable, Sendable {
    public let kind: String
    /// JSON with snake_case keys.
    public let payload: String
    public let time: String

    public init(kind: String, payload: String, time: String) {
        self.kind = kind
        self.payload = payload
        self.time = time
    }
}

/// An event with its number, which grows without gaps being promised and is never reused.
public struct EventRecord: Hashable, Sendable {
    public let id: Int64
    public let event: NewEvent
}
