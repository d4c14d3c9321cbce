import ConfigurationFile
import Forecasting
import Vocabulary

/// Which step the configuration asks for, seen from a checkpoint: `forecast.target_step`, else the step at which
/// `forecast.target_accuracy` is reached, else none.
struct WantedTarget: Sendable {
    let context: RunContext

    enum Answer: Sendable {
        /// As far as the horizon and the proof reach.
        case open
        case step(TrainingStep)
        /// One sentence.
        case none(reason: String)
    }

    func answer(from last: TrainingStep) throws -> Answer {
        let forecast = context.configuration.forecast
        if forecast.targetStep > 0 {
            guard forecast.targetStep > last.value else {
                return .none(
                    reason:
                        "the run has reached step \(last), the target step \(forecast.targetStep) lies behind")
            }
            return .step(TrainingStep(forecast.targetStep))
        }
        guard forecast.targetAccuracy > 0 else { return .open }
        do { return .step(try step(reaching: forecast.targetAccuracy, from: last)) } catch let gap as AccuracyLine.Gap {
            return .none(reason: gap.description)
        }
    }

    /// - Throws: `AccuracyLine.Gap`; `StoreError`.
    func step(reaching accuracy: Double, from last: TrainingStep) throws -> TrainingStep {
        let line = try AccuracyLine(through: MeasuredAccuracies(context: context).ofRun(upTo: last))
        return try line.step(reaching: accuracy, after: last)
    }

    /// alphaRL takes the accuracies as its response where `target` is the step that the target accuracy means; every
    /// other model is left as it is.
    func fitted(
        _ model: any TrajectoryModel, to target: TrainingStep, from last: TrainingStep, recorded: [TrainingStep]
    ) throws -> any TrajectoryModel {
        let forecast = context.configuration.forecast
        guard let alphaRL = model as? AlphaRLModel, forecast.targetStep == 0, forecast.targetAccuracy > 0,
            case .step(target) = try answer(from: last),
            let response = AccuracyResponse(
                try MeasuredAccuracies(context: context).ofRun(upTo: last), recorded: recorded,
                target: forecast.targetAccuracy)
        else { return model }
        return AlphaRLModel(rescale: alphaRL.rescale, residual: alphaRL.residual, response: response)
    }
}
