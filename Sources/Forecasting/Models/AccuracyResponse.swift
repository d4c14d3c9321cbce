import Vocabulary

/// Accuracies of recorded checkpoints as the response of alphaRL, with the accuracy that is aimed at (method, section 3).
public struct AccuracyResponse: Hashable, Sendable {
    /// Fewer different values say nothing about how the weights follow the accuracy.
    public static let fewestDifferent = 3

    /// Steps without one are left out of the fit.
    public let values: [TrainingStep: Double]
    /// `y*`.
    public let target: Double

    /// Nil with fewer than 3 different accuracies among the recorded checkpoints: the step is then the response.
    ///
    /// - Parameter accuracies: one for each step; those of steps that are not `recorded` are left out.
    public init?(_ accuracies: [StepAccuracy], recorded: [TrainingStep], target: Double) {
        let steps = Set(recorded)
        values = Dictionary(
            accuracies.filter { steps.contains($0.step) }.map { ($0.step, $0.value) },
            uniquingKeysWith: { _, newer in newer })
        guard Set(values.values).count >= Self.fewestDifferent else { return nil }
        self.target = target
    }
}
