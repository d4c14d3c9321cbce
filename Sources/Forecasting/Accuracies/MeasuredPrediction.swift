import Vocabulary

/// An emitted prediction whose accuracy somebody measured, and the accuracy of the checkpoint that it started from.
public struct MeasuredPrediction: Hashable, Sendable {
    /// The prediction's number: later ones have larger ones.
    public let number: Int
    public let model: ModelName
    public let fromStep: TrainingStep
    public let targetStep: TrainingStep
    /// Finite; higher is better.
    public let accuracy: Double
    public let startAccuracy: Double

    public init(
        number: Int, model: ModelName, fromStep: TrainingStep, targetStep: TrainingStep, accuracy: Double,
        startAccuracy: Double
    ) {
        self.number = number
        self.model = model
        self.fromStep = fromStep
        self.targetStep = targetStep
        self.accuracy = accuracy
        self.startAccuracy = startAccuracy
    }

    /// Any drop counts: a prediction that only equals its start has cost nothing but the evaluation.
    public var isWorseThanStart: Bool { accuracy < startAccuracy }
}

/// The behavioural record (method, section 4): weights predicted right do not always mean behaviour predicted right, so
/// what was measured overrides what the backtests say.
public enum BehaviouralRecord {
    /// The model's newest measured prediction where that was worse than its start; nil where it was not, or nothing was
    /// measured. One later prediction that holds its own gives the model its confidence back.
    ///
    /// - Parameter predictions: of any models, in any order; forced ones count.
    public static func disappointment(
        of model: ModelName, among predictions: [MeasuredPrediction]
    ) -> MeasuredPrediction? {
        let newest = predictions.filter { $0.model == model }.max { $0.number < $1.number }
        return newest.flatMap { $0.isWorseThanStart ? $0 : nil }
    }
}
