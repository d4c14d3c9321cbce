/// The name of a trajectory model, as method and configuration write it: `last`, `tangent`, `line`, ...
public struct ModelName: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(stringLiteral text: String) { self.text = text }

    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public static func < (left: ModelName, right: ModelName) -> Bool { left.text < right.text }

    public var description: String { text }
}

/// The weights that a predicted movement is added to (method, sections 3 and 5).
public enum PredictionAnchor: String, Sendable, Codable {
    /// `W_0 + P(T)`: a whole prediction replaces the module's update.
    case base
    /// `W_n + movement`: an anchored prediction keeps the last observed weights, all ranks of them.
    case checkpoint
}

/// What an emitted checkpoint says of itself in `alpharl.json`, besides its files.
public struct PredictionProvenance: Hashable, Sendable {
    /// One observed step and its weight in the fit.
    public struct SourceStep: Hashable, Sendable, Codable {
        public let step: TrainingStep
        public let weight: Double

        public init(step: TrainingStep, weight: Double) {
            self.step = step
            self.weight = weight
        }
    }

    /// One number of the confidence's breakdown, with the words that explain it.
    public struct ConfidencePart: Hashable, Sendable, Codable {
        public let name: String
        public let value: Double
        public let meaning: String

        public init(name: String, value: Double, meaning: String) {
            self.name = name
            self.value = value
            self.meaning = meaning
        }
    }

    public let run: String
    public let baseFingerprint: String
    public let targetStep: TrainingStep
    /// The last observed step, which the prediction starts from.
    public let fromStep: TrainingStep
    public let sourceSteps: [SourceStep]
    public let model: ModelName
    public let anchor: PredictionAnchor
    /// `targetStep / fromStep`.
    public let horizon: Double
    /// 0...1.
    public let confidence: Double
    public let confidenceParts: [ConfidencePart]
    /// Emitted below the threshold because somebody asked for it.
    public let isForced: Bool

    public init(
        run: String, baseFingerprint: String, targetStep: TrainingStep, fromStep: TrainingStep,
        sourceSteps: [SourceStep], model: ModelName, anchor: PredictionAnchor, horizon: Double, confidence: Double,
        confidenceParts: [ConfidencePart], isForced: Bool
    ) {
        self.run = run
        self.baseFingerprint = baseFingerprint
        self.targetStep = targetStep
        self.fromStep = fromStep
        self.sourceSteps = sourceSteps
        self.model = model
        self.anchor = anchor
        self.horizon = horizon
        self.confidence = confidence
        self.confidenceParts = confidenceParts
        self.isForced = isForced
    }
}
