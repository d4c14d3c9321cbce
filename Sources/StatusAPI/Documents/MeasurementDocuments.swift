import Vocabulary

/// `GET /v1/metrics`: what the run itself scores over its steps, also where no checkpoint was saved.
public struct RunMeasurements: Codable, Hashable, Sendable {
    public var accuracy: MeasuredSeries
    /// What the run is trained on; empty where its log has none, or where it is what `accuracy` holds.
    public var reward: MeasuredSeries

    public init(accuracy: MeasuredSeries, reward: MeasuredSeries) {
        self.accuracy = accuracy
        self.reward = reward
    }
}

/// One number of the run over its steps.
public struct MeasuredSeries: Codable, Hashable, Sendable {
    public struct Point: Codable, Hashable, Sendable {
        public var step: TrainingStep
        public var value: Double

        public init(step: TrainingStep, value: Double) {
            self.step = step
            self.value = value
        }
    }

    /// `api`, or a trainer's file and the name of the number in it; nil where nothing is known.
    @Nullable public var source: String?
    /// In step order, in the number's own scale.
    public var points: [Point]

    public static let none = MeasuredSeries(source: nil, points: [])

    public init(source: String?, points: [Point]) {
        self.source = source
        self.points = points
    }
}
