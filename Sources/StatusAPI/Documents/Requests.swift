import Vocabulary

/// `POST /v1/predictions`: emit now. Every key may be left out; unknown keys are refused.
public struct PredictionRequest: Codable, Hashable, Sendable {
    /// Nil: the step that the daemon itself would predict next.
    public var targetStep: TrainingStep?
    /// Nil: the first of the configured formats.
    public var format: PredictionFormat?
    /// Emit below the threshold too, marked as forced.
    public var force: Bool

    enum CodingKeys: String, CodingKey, CaseIterable { case targetStep, format, force }

    public init(targetStep: TrainingStep? = nil, format: PredictionFormat? = nil, force: Bool = false) {
        self.targetStep = targetStep
        self.format = format
        self.force = force
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.allCases)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        targetStep = try container.decodeWholeNumberIfPresent(forKey: .targetStep).map(TrainingStep.init)
        format = try container.decodeChoiceIfPresent(PredictionFormat.self, forKey: .format)
        force = try container.decodeIfPresent(Bool.self, forKey: .force) ?? false
    }
}

/// 202 of `POST /v1/predictions`: the prediction is under way; `GET /v1/predictions/ID` follows it.
public struct PredictionAccepted: Codable, Hashable, Sendable {
    public var id: Int
    public var targetStep: TrainingStep
    public var format: PredictionFormat

    public init(id: Int, targetStep: TrainingStep, format: PredictionFormat) {
        self.id = id
        self.targetStep = targetStep
        self.format = format
    }
}

/// One element of `POST /v1/metrics`: an accuracy of the run at `step`, or of an emitted prediction.
public struct MetricPost: Codable, Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case step(TrainingStep)
        /// A prediction's id.
        case prediction(Int)
    }

    public var subject: Subject
    /// Finite; higher is better. Its scale is the user's.
    public var accuracy: Double

    enum CodingKeys: String, CodingKey, CaseIterable { case step, prediction, accuracy }

    public init(subject: Subject, accuracy: Double) {
        self.subject = subject
        self.accuracy = accuracy
    }

    /// A post that names a prediction may repeat its step; the prediction is what counts.
    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.allCases)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        accuracy = try container.decode(Double.self, forKey: .accuracy)
        let step = try container.decodeWholeNumberIfPresent(forKey: .step)
        if let prediction = try container.decodeWholeNumberIfPresent(forKey: .prediction) {
            subject = .prediction(prediction)
        } else if let step {
            subject = .step(TrainingStep(step))
        } else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "neither \"step\" nor \"prediction\" is given; one of them is needed"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch subject {
        case .step(let step): try container.encode(step, forKey: .step)
        case .prediction(let id): try container.encode(id, forKey: .prediction)
        }
        try container.encode(accuracy, forKey: .accuracy)
    }
}

/// 200 of `POST /v1/metrics`.
public struct MetricsAccepted: Codable, Hashable, Sendable {
    public var accepted: Int

    public init(accepted: Int) { self.accepted = accepted }
}

/// 200 of `POST /v1/reload`: the configuration on disk is now in force.
public struct ReloadAnswer: Codable, Hashable, Sendable {
    /// Keys whose value changed, as `section.key`.
    public var changed: [String]
    /// Keys that changed on disk and need a restart to take effect.
    public var needsRestart: [String]

    public init(changed: [String], needsRestart: [String]) {
        self.changed = changed
        self.needsRestart = needsRestart
    }
}

/// `PUT /v1/log-level`, and its answer.
public struct LogLevelDocument: Codable, Hashable, Sendable {
    public enum Level: String, Codable, Hashable, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    public var level: Level

    enum CodingKeys: String, CodingKey, CaseIterable { case level }

    public init(level: Level) { self.level = level }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.allCases)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        level =
            try container.decodeChoiceIfPresent(Level.self, forKey: .level)
            ?? container.decode(Level.self, forKey: .level)
    }
}
