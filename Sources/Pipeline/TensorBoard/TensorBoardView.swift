import Foundation
import StatusAPI
import TrajectoryStore
import Vocabulary

/// What of the store is shown in TensorBoard, at the trainer's own steps, so that it lies beside the reward.
struct TensorBoardView: Sendable {
    let store: TrajectoryDatabase

    /// By tag, in Markdown; TensorBoard shows them beside the curves.
    static let explanations = [
        "alpharl/confidence":
            "How far the next forecast may be trusted, 0 to 1, from forecasts on this run that came true.",
        "alpharl/skill": "Past forecasts against keeping the last checkpoint: 1 is perfect, 0 no better.",
        "alpharl/horizon": "Target step of the next forecast over the last step.",
        "alpharl/proven_horizon": "The largest tested horizon whose confidence reaches the threshold.",
        "alpharl/energy_share": "Energy of each update in its first singular triplet, median of the modules.",
        "alpharl/direction_cosine": "Cosine between the rank-1 parts of this checkpoint and the one before, median.",
        "alpharl/recording_seconds": "From the first byte of the checkpoint read to its record.",
        "alpharl/prediction_accuracy": "What was measured of a prediction, at the step that it predicts.",
    ]

    func entries() throws -> Set<TensorBoardEntry> {
        let checkpoints = Dictionary(
            try store.checkpoints(in: .recorded).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var entries: Set<TensorBoardEntry> = []
        for verdict in try store.verdicts() {
            guard let checkpoint = checkpoints[verdict.checkpoint],
                let time = checkpoint.recordedAt.flatMap(WallClock.date(of:))?.timeIntervalSince1970
            else { continue }
            let step = Int64(verdict.step.value)
            for (tag, value) in try scalars(of: verdict, checkpoint) {
                guard let value, value.isFinite else { continue }
                entries.insert(
                    TensorBoardEntry(tag: tag, step: step, wallTime: time, content: .scalar(Float(value))))
            }
        }
        for prediction in try store.predictions() { entries.formUnion(self.entries(of: prediction)) }
        return entries
    }

    private func scalars(
        of verdict: StepVerdict, _ checkpoint: CheckpointRecord
    ) throws -> [(tag: String, value: Double?)] {
        let detail = try VerdictDetail.decode(verdict.verdict.detail)
        return [
            ("alpharl/confidence", verdict.verdict.confidence), ("alpharl/skill", detail.skill),
            ("alpharl/horizon", verdict.verdict.horizon), ("alpharl/proven_horizon", verdict.verdict.provenHorizon),
            ("alpharl/energy_share", detail.energyShare), ("alpharl/direction_cosine", detail.directionCosine),
            ("alpharl/recording_seconds", checkpoint.seconds),
        ]
    }

    /// A text at the step that it was made at, and what was measured of it at the step that it predicts.
    private func entries(of prediction: PredictionRecord) -> [TensorBoardEntry] {
        guard let time = prediction.emittedAt.flatMap(WallClock.date(of:))?.timeIntervalSince1970,
            prediction.state != .withdrawn
        else { return [] }
        let plan = prediction.plan
        let text = TensorBoardEntry(
            tag: "alpharl/prediction_\(plan.format.rawValue)", step: Int64(prediction.fromStep.value), wallTime: time,
            content: .text(Self.text(of: prediction)))
        let score = prediction.accuracy.map {
            TensorBoardEntry(
                tag: "alpharl/prediction_accuracy", step: Int64(plan.targetStep.value), wallTime: time,
                content: .scalar(Float($0)))
        }
        return [text, score].compactMap(\.self)
    }

    /// Nothing in it changes any more once the prediction is there.
    private static func text(of prediction: PredictionRecord) -> String {
        let plan = prediction.plan
        let confidence = (plan.confidence * 100).rounded() / 100
        return """
            **Prediction \(prediction.id)**: step \(plan.targetStep) from step \(prediction.fromStep), by \(plan.model), \
            confidence \(confidence)\(plan.isForced ? ", asked for below the threshold" : "")

            `\(plan.path)`
            """
    }
}
