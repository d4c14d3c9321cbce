/// The four sums that a coordinate backtest is judged by, over any set of components and modules (method, section 4).
/// Sums of sums are sums: per component, per module or over the whole model.
public struct BacktestSums: Hashable, Sendable, Codable {
    /// `sum a^2`: how far the weights moved along the predicted directions.
    public private(set) var actualSquared: Double
    /// `sum a p`.
    public private(set) var actualPredicted: Double
    /// `sum p^2`: how far they were predicted to move.
    public private(set) var predictedSquared: Double
    /// `sum (a - p)^2`.
    public private(set) var errorSquared: Double

    public static let zero = BacktestSums(actual: 0, predicted: 0)

    /// Of one component: it moved by `actual` along a unit direction, and `predicted` was said.
    public init(actual: Double, predicted: Double) {
        actualSquared = actual * actual
        actualPredicted = actual * predicted
        predictedSquared = predicted * predicted
        errorSquared = (actual - predicted) * (actual - predicted)
    }

    /// As a store gives them back.
    public init(actualSquared: Double, actualPredicted: Double, predictedSquared: Double, errorSquared: Double) {
        self.actualSquared = actualSquared
        self.actualPredicted = actualPredicted
        self.predictedSquared = predictedSquared
        self.errorSquared = errorSquared
    }

    public static func + (a: BacktestSums, b: BacktestSums) -> BacktestSums {
        BacktestSums(
            actualSquared: a.actualSquared + b.actualSquared, actualPredicted: a.actualPredicted + b.actualPredicted,
            predictedSquared: a.predictedSquared + b.predictedSquared, errorSquared: a.errorSquared + b.errorSquared)
    }

    public var isFinite: Bool {
        actualSquared.isFinite && actualPredicted.isFinite && predictedSquared.isFinite && errorSquared.isFinite
    }

    /// Whether anything was predicted and anything happened. Without both there is no evidence, not a good one.
    public var isEvidence: Bool { isFinite && actualSquared > 0 && predictedSquared > 0 }

    /// `sum a p / sum p^2`: the fraction of the predicted movement that happened, 1 when it moved exactly as far as
    /// predicted. It is also the factor that would have made the prediction's error smallest. Nil without evidence.
    public var realised: Double? { isEvidence ? actualPredicted / predictedSquared : nil }

    /// `1 - sqrt(sum (a - p)^2 / sum a^2)`: 1 is perfect, 0 no better than keeping the checkpoint, below 0 worse.
    /// Nil without evidence.
    public var skill: Double? { isEvidence ? 1 - (errorSquared / actualSquared).squareRoot() : nil }
}
