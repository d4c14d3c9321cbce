import StatusAPI
import Vocabulary

/// What was emitted, newest first: where it is, how sure it was and why, and what came of it.
struct PredictionsView {
    let predictions: [PredictionDocument]
    let checkpoints: [CheckpointDocument]

    /// Older ones are in `/v1/predictions`.
    private static let limit = 20

    var markup: Markup {
        .element(
            "section", ["class": "card wide predictions", "aria-labelledby": "predictions-title"],
            .element("h3", ["id": "predictions-title"], text: "Predictions"), .element("p", [:], text: sentence),
            .joined(predictions.suffix(Self.limit).reversed().map(entry)))
    }

    private var sentence: String {
        guard !predictions.isEmpty else {
            return
                "None is emitted yet; the overview says why. Each will stand here with its path and what speaks for it."
        }
        let more = predictions.count > Self.limit ? " The newest \(Self.limit) are shown." : ""
        return "\(Figures.count(predictions.count, "prediction")), newest first.\(more)"
    }

    private func entry(_ prediction: PredictionDocument) -> Markup {
        .element(
            "article", ["class": "prediction", "aria-label": "Prediction \(prediction.id)"],
            .element(
                "h4", [:], .text("#\(prediction.id) "),
                .text("step \(Figures.step(prediction.step)) from step \(Figures.step(prediction.fromStep))"),
                .element("span", ["class": "tag tag-\(prediction.state.rawValue)"], text: words(prediction.state)),
                prediction.forced ? .element("span", ["class": "tag"], text: "forced") : .nothing),
            .element("p", [:], text: facts(prediction)), place(prediction),
            prediction.reason.map { .element("p", ["class": "quiet"], text: "Why: \($0)") } ?? .nothing,
            parts(prediction), files(prediction))
    }

    private func words(_ state: PredictionDocument.State) -> String {
        switch state {
        case .pending: "being written"
        case .emitted: "emitted"
        case .failed: "failed"
        case .removed: "removed"
        }
    }

    private func facts(_ prediction: PredictionDocument) -> String {
        [
            prediction.confidence.map { "confidence \(Figures.share($0))" },
            prediction.horizon.map { "\(Figures.ratio($0)) ahead" }, "model \(prediction.model)",
            prediction.format == .full ? "full checkpoint" : "adapter", accuracy(prediction),
            prediction.emittedAt.map(Figures.time),
        ].compactMap(\.self).joined(separator: " · ")
    }

    private func accuracy(_ prediction: PredictionDocument) -> String {
        guard let measured = prediction.accuracy else { return "accuracy not measured" }
        let start = checkpoints.last { $0.step == prediction.fromStep && $0.state == .recorded }?.accuracy
        let before = start.map { ", its start \(Figures.fixed($0, 3))" } ?? ""
        return "accuracy \(Figures.fixed(measured, 3))\(before)"
    }

    /// The button comes to life with the script; without one it stays hidden.
    private func place(_ prediction: PredictionDocument) -> Markup {
        guard let path = prediction.path else { return .nothing }
        return .element(
            "p", ["class": "place"], .element("code", [:], text: path),
            .element(
                "button",
                [
                    "type": "button", "hidden": "", "data-copy": path,
                    "aria-label": "Copy the path of prediction \(prediction.id)",
                ],
                text: "Copy"))
    }

    private func parts(_ prediction: PredictionDocument) -> Markup {
        guard !prediction.confidenceParts.isEmpty else { return .nothing }
        let table = Table(
            caption: "Confidence of prediction \(prediction.id)", head: ["Number", "Value", "Meaning"],
            rows: prediction.confidenceParts.map { [$0.name, Figures.significant($0.value), $0.meaning] })
        return .element("details", [:], .summary("How sure, and why", of: table.caption), table.markup)
    }

    private func files(_ prediction: PredictionDocument) -> Markup {
        guard !prediction.files.isEmpty else { return .nothing }
        let table = Table(
            caption: "Files of prediction \(prediction.id)", head: ["File", "Size", "SHA-256"],
            rows: prediction.files.map { [$0.name, Figures.bytes($0.bytes), $0.sha256] })
        return .element(
            "details", [:],
            .summary(Figures.count(prediction.files.count, "file"), of: table.caption),
            .element(
                "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": table.caption], table.markup
            ))
    }
}
