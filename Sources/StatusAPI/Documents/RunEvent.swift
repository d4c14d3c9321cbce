import FoundationEssentials
import Vocabulary

/// One server-sent event of `GET /v1/events`. Its `data:` line is this document.
public struct RunEvent: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case checkpoint, forecast, prediction, rejected, rewind, metric, warning
    }

    /// What happened. Each kind has its own document under the key of its own name.
    public enum Body: Hashable, Sendable {
        /// A checkpoint was recorded or changed its state.
        case checkpoint(CheckpointDocument)
        /// A new judgement after a recorded checkpoint.
        case forecast(RunStatus.ForecastSummary)
        /// A prediction was emitted, failed or was removed.
        case prediction(PredictionDocument)
        /// A checkpoint cannot be used.
        case rejected(CheckpointDocument)
        /// The run went back: checkpoints from `toStep` on belong to a new trajectory.
        case rewind(Rewind)
        case metric(Metric)
        /// Something needs a person's attention.
        case warning(Warning)
    }

    public struct Rewind: Codable, Hashable, Sendable {
        /// The last recorded step before the run went back.
        public var fromStep: TrainingStep
        /// The first step that was seen again with other content.
        public var toStep: TrainingStep

        public init(fromStep: TrainingStep, toStep: TrainingStep) {
            self.fromStep = fromStep
            self.toStep = toStep
        }
    }

    /// An accuracy that became known, of the run at a step or of a prediction.
    public struct Metric: Codable, Hashable, Sendable {
        @Nullable public var step: TrainingStep?
        @Nullable public var prediction: Int?
        @Nullable public var accuracy: Double?

        public init(step: TrainingStep?, prediction: Int?, accuracy: Double?) {
            self.step = step
            self.prediction = prediction
            self.accuracy = accuracy
        }
    }

    public struct Warning: Codable, Hashable, Sendable {
        /// One line: what failed: why; what to do.
        public var message: String

        public init(message: String) { self.message = message }
    }

    /// Rises with every event of the run's store, 1 or more, also across restarts.
    public var id: Int
    public var at: Date
    public var body: Body

    public init(id: Int, at: Date, body: Body) {
        self.id = id
        self.at = at
        self.body = body
    }

    public var kind: Kind {
        switch body {
        case .checkpoint: .checkpoint
        case .forecast: .forecast
        case .prediction: .prediction
        case .rejected: .rejected
        case .rewind: .rewind
        case .metric: .metric
        case .warning: .warning
        }
    }
}

extension RunEvent {
    private enum CodingKeys: String, CodingKey {
        case id, event, at, checkpoint, forecast, prediction, rejected, rewind, metric, warning
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(Int.self, forKey: .id)
        at = try container.decode(Date.self, forKey: .at)
        body =
            switch try container.decode(Kind.self, forKey: .event) {
            case .checkpoint: .checkpoint(try container.decode(CheckpointDocument.self, forKey: .checkpoint))
            case .forecast: .forecast(try container.decode(RunStatus.ForecastSummary.self, forKey: .forecast))
            case .prediction: .prediction(try container.decode(PredictionDocument.self, forKey: .prediction))
            case .rejected: .rejected(try container.decode(CheckpointDocument.self, forKey: .rejected))
            case .rewind: .rewind(try container.decode(Rewind.self, forKey: .rewind))
            case .metric: .metric(try container.decode(Metric.self, forKey: .metric))
            case .warning: .warning(try container.decode(Warning.self, forKey: .warning))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(kind, forKey: .event)
        try container.encode(at, forKey: .at)
        switch body {
        case .checkpoint(let document): try container.encode(document, forKey: .checkpoint)
        case .forecast(let document): try container.encode(document, forKey: .forecast)
        case .prediction(let document): try container.encode(document, forKey: .prediction)
        case .rejected(let document): try container.encode(document, forKey: .rejected)
        case .rewind(let document): try container.encode(document, forKey: .rewind)
        case .metric(let document): try container.encode(document, forKey: .metric)
        case .warning(let document): try container.encode(document, forKey: .warning)
        }
    }
}
