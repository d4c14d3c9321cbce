import FoundationEssentials
import StatusAPI

/// One line for each event.
struct EventText {
    let event: RunEvent

    init(_ event: RunEvent) { self.event = event }

    var kind: String { event.kind.rawValue }

    var tone: Tone {
        switch event.body {
        case .checkpoint, .metric: .plain
        case .forecast(let forecast): forecast.ready ? .good : .plain
        case .prediction(let prediction): prediction.state == .failed ? .bad : .good
        case .rejected, .rewind, .warning: .warning
        }
    }

    var text: String {
        switch event.body {
        case .checkpoint(let document): Self.text(of: document)
        case .rejected(let document): "step \(document.step): \(document.reason ?? "no reason was given")"
        case .forecast(let forecast): Self.text(of: forecast)
        case .prediction(let prediction): Self.text(of: prediction)
        case .rewind(let rewind): "the run went back from step \(rewind.fromStep) to step \(rewind.toStep)"
        case .metric(let metric): Self.text(of: metric)
        case .warning(let warning): warning.message
        }
    }

    private static func text(of document: CheckpointDocument) -> String {
        let reason = document.reason.map { ": \($0)" } ?? ""
        let seconds = document.seconds.map { " in \(Figures.number($0)) s" } ?? ""
        return "step \(document.step) \(document.state.rawValue)\(seconds)\(reason)"
    }

    private static func text(of forecast: RunStatus.ForecastSummary) -> String {
        guard let target = forecast.targetStep, let confidence = forecast.confidence else { return forecast.reason }
        let ratio = forecast.horizon.map { " (\(Figures.number($0))x)" } ?? ""
        let ready = forecast.ready ? "ready" : "not yet"
        return "confidence \(Figures.share(confidence)) for step \(target)\(ratio), \(ready): \(forecast.reason)"
    }

    private static func text(of prediction: PredictionDocument) -> String {
        let subject = "#\(prediction.id), step \(prediction.step) from step \(prediction.fromStep), \(prediction.state)"
        let place = prediction.state == .emitted ? prediction.path : prediction.reason
        return subject + (place.map { ": \($0)" } ?? "")
    }

    private static func text(of metric: RunEvent.Metric) -> String {
        let value = metric.accuracy.map(Figures.share) ?? "unknown"
        if let prediction = metric.prediction { return "prediction #\(prediction) scored \(value)" }
        return "accuracy \(value)" + (metric.step.map { " at step \($0)" } ?? "")
    }
}
