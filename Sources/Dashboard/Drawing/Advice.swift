import StatusAPI
import Vocabulary

/// What a person can do now: the last line of every status. One sentence without its full stop.
public struct Advice: Sendable {
    private let status: RunStatus

    public init(_ status: RunStatus) { self.status = status }

    public var text: String {
        if status.lastError != nil {
            return "see to the problem above; whatever it does not stop goes on, and the rest is tried again by itself"
        }
        if let newest = status.predictions.last { return advice(on: newest) }
        let counts = status.checkpoints
        if status.state == .starting { return "nothing: wait for the first look at the run's folder" }
        if counts.recorded == 0, counts.pending > 0 {
            return "nothing: a checkpoint is recorded as soon as the trainer has finished writing it"
        }
        if counts.recorded == 0 {
            return "nothing, if the trainer has not written a checkpoint yet; if it has, alpharl doctor --config FILE "
                + "says what is missing"
        }
        if status.forecast.ready { return "nothing: a prediction is due and will be written" }
        return "nothing: let the trainer go on; each further checkpoint tests what was forecast before it"
    }

    private func advice(on prediction: PredictionSummary) -> String {
        guard let score = prediction.accuracy else {
            return "evaluate prediction #\(prediction.id) as any other checkpoint, and post what it scores with "
                + "{\"prediction\": \(prediction.id), \"accuracy\": ...} to /v1/metrics"
        }
        guard let own = status.accuracy.value, let step = status.accuracy.step else {
            return "compare the \(Figures.share(score)) of prediction #\(prediction.id) with what the run itself scores"
        }
        let comparison =
            "prediction #\(prediction.id) scored \(Figures.share(score)), the run \(Figures.share(own)) at step \(step)"
        return score > own
            ? "\(comparison): if that is what you hoped for, stop the run and keep the prediction"
            : "\(comparison): let the trainer go on"
    }
}

extension RunStatus.ForecastSummary {
    /// The reason without the list of all the folders' names that some trainer would give its checkpoints: `alpharl doctor`
    /// and `layout.reason` have that.
    public var shortReason: String {
        guard let start = reason.firstRange(of: " (expected one of: "), let end = reason.lastIndex(of: ")"),
            start.upperBound <= end
        else { return reason }
        return reason[..<start.lowerBound] + " (alpharl doctor lists the names that are known)"
            + reason[reason.index(after: end)...]
    }
}
