import Vocabulary

/// One measured accuracy of the run.
public struct StepAccuracy: Hashable, Sendable {
    public let step: TrainingStep
    /// Finite; higher is better, in the metric's own unit.
    public let value: Double

    public init(step: TrainingStep, value: Double) {
        self.step = step
        self.value = value
    }
}

/// The line of least squares through the recent half of the accuracies: what a target accuracy means as a step
/// (method, section 3).
///
/// The recent half is counted as the tangent model counts checkpoints: half, rounded to the nearest whole number
/// (halves to even), at least 3.
public struct AccuracyLine: Hashable, Sendable {
    public static let fewestAccuracies = 3

    /// The steps that the line was fitted to, rising.
    public let steps: ClosedRange<TrainingStep>
    /// Gain for each training step.
    public let slope: Double
    private let meanStep: Double
    private let meanValue: Double

    /// Why a target accuracy leads to no step. As a clause: "…, so there is no step to predict".
    public enum Gap: Error, Hashable, Sendable, CustomStringConvertible {
        case tooFewAccuracies(got: Int, needed: Int)
        /// The line is level or falls.
        case notRising(slope: Double, steps: ClosedRange<TrainingStep>)
        case reached(accuracy: Double, at: TrainingStep)
        /// Farther away than a step can be.
        case outOfReach(accuracy: Double)

        public var description: String {
            switch self {
            case .tooFewAccuracies(let got, let needed):
                "\(got) of the \(needed) accuracies that a target accuracy needs are known; post them to /v1/metrics, "
                    + "or correct metrics.source and metrics.key"
            case .notRising(_, let steps):
                "the accuracies from step \(steps.lowerBound) to \(steps.upperBound) do not rise, so they reach no target"
            case .reached(let accuracy, let step):
                "the target accuracy \(accuracy) is reached already, at step \(step)"
            case .outOfReach(let accuracy):
                "the accuracies rise too slowly to reach \(accuracy) at any step"
            }
        }
    }

    /// - Parameter accuracies: one for each step, in any order.
    public init(through accuracies: [StepAccuracy]) throws(Gap) {
        let recent = accuracies.sorted { $0.step < $1.step }.suffix(TangentModel.recentHalf(of: accuracies.count))
        guard recent.count >= Self.fewestAccuracies, let line = LeastSquares(recent.map(\.step)),
            let first = recent.first?.step, let last = recent.last?.step
        else { throw .tooFewAccuracies(got: accuracies.count, needed: Self.fewestAccuracies) }
        steps = first...last
        meanStep = line.mean
        meanValue = recent.reduce(0) { $0 + $1.value } / Double(recent.count)
        slope = zip(line.slopeWeights, recent).reduce(0) { $0 + $1.0 * $1.1.value }
    }

    /// The first whole step at which the line is at or above `accuracy`.
    ///
    /// - Parameter last: the last recorded step; the answer lies after it.
    public func step(reaching accuracy: Double, after last: TrainingStep) throws(Gap) -> TrainingStep {
        guard slope > 0 else { throw .notRising(slope: slope, steps: steps) }
        // A crossing that is a whole step but for rounding is that step.
        let crossing = (meanStep + (accuracy - meanValue) / slope - 1e-6).rounded(.up)
        guard crossing > Double(last.value) else { throw .reached(accuracy: accuracy, at: last) }
        guard crossing < Double(Int.max / 2) else { throw .outOfReach(accuracy: accuracy) }
        return TrainingStep(Int(crossing))
    }
}
