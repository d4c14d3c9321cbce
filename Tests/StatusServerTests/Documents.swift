import Foundation
import StatusAPI
import Vocabulary

/// One document of each kind, with every optional field once filled and once empty among them.
enum Documents {
    static let start = Date(timeIntervalSince1970: 1_795_341_600)

    static let status = RunStatus(
        run: "qwen-math", state: .recording, version: "0.1.0", startedAt: start,
        work: .init(
            step: TrainingStep(130), done: 49, total: 196, unit: "modules", queued: 2, perSecond: 4.5, secondsLeft: 120),
        base: .init(path: "/models/Qwen2.5-7B", fingerprint: "9f86d081"),
        layout: .init(
            name: "verl", reason: "verl: 12 folder(s), recognised by actor in global_step_120",
            form: "FSDP shards, 4 ranks, float32"),
        checkpoints: .init(
            recorded: 12, pending: 0, rejected: 1, firstStep: TrainingStep(10), lastStep: TrainingStep(120),
            lastRecordedAt: start.addingTimeInterval(30)),
        trajectory: .init(modules: 196, energyShare: 0.36, directionCosine: 0.99, linearityR2: 0.93),
        accuracy: .init(known: 12, step: TrainingStep(120), value: 0.52, source: "trainer_state: eval_accuracy"),
        forecast: forecast, predictions: [summary], lastError: nil)

    /// A daemon that has just started and knows nothing.
    static let emptyStatus = RunStatus(
        run: "new", state: .starting, version: "0.1.0", startedAt: start, base: .init(path: "/b", fingerprint: nil),
        checkpoints: .init(recorded: 0, pending: 3, rejected: 0, firstStep: nil, lastStep: nil),
        trajectory: .init(modules: 0, energyShare: nil, directionCosine: nil, linearityR2: .nan),
        forecast: .init(
            model: nil, targetStep: nil, horizon: nil, confidence: nil, threshold: 0.5, provenHorizon: nil, skill: nil,
            realised: nil, ready: false, reason: "no checkpoint is recorded yet"),
        predictions: [], lastError: "scan failed: permission denied; check the folder")

    static let forecast = RunStatus.ForecastSummary(
        model: "tangent", targetStep: TrainingStep(240), horizon: 2, confidence: 0.64, threshold: 0.5,
        provenHorizon: 2, skill: 0.71, realised: 0.9, ready: true,
        reason: "2 checkpoints in a row at or above 0.50")

    static let summary = PredictionSummary(
        id: 1, step: TrainingStep(240), fromStep: TrainingStep(120), format: .full,
        path: "/data/predicted/qwen-math/step-00000240-from-00000120", confidence: 0.64,
        emittedAt: start.addingTimeInterval(60.25), accuracy: nil)

    static let checkpoints = CheckpointList(checkpoints: [
        CheckpointDocument(
            step: TrainingStep(10), state: .recorded, reason: nil, path: "/c/10", seconds: 8.5, bytes: 15_231_233_024,
            accuracy: 0.41, accuracySource: "api", recordedAt: start),
        CheckpointDocument(
            step: TrainingStep(20), state: .pending, reason: "still being written", path: "/c/20", seconds: nil,
            bytes: nil, accuracy: nil, recordedAt: nil),
    ])

    static let modules = ModuleList(
        step: TrainingStep(120),
        modules: [
            ModuleDocument(
                name: "model.layers.0.self_attn.q_proj.weight", shape: [4096, 4096], sigma: 0.5, norm: 1,
                relativeNorm: 0.001, energyShare: 0.25, directionCosine: 0.99, linearityR2: 0.9, backtestError: 0.3,
                unchangedShare: 0.66),
            ModuleDocument(
                name: "model.layers.1.self_attn.q_proj.weight", shape: [4096, 4096], sigma: nil, norm: 0,
                relativeNorm: 0, energyShare: nil, directionCosine: nil, linearityR2: nil, backtestError: nil,
                unchangedShare: 1),
        ])

    static let forecasts = ForecastList(
        fromStep: TrainingStep(120), threshold: 0.5,
        forecasts: [
            ForecastDocument(
                model: "tangent", horizon: 2, targetStep: TrainingStep(240), backtestError: 0.29, skill: 0.71,
                realised: 0.9, confidence: 0.64, pairs: 3, reason: nil),
            ForecastDocument(
                model: "tangent", horizon: 4, targetStep: nil, backtestError: nil, skill: nil, realised: nil,
                confidence: 0, pairs: 0, reason: "no origin reaches back that far"),
        ])

    static let prediction = PredictionDocument(
        id: 1, state: .emitted, step: TrainingStep(240), fromStep: TrainingStep(120), format: .full,
        path: summary.path, emittedAt: summary.emittedAt, confidence: 0.64, accuracy: nil, model: "tangent",
        anchor: .checkpoint, horizon: 2, forced: false, reason: "2 checkpoints in a row at or above 0.50",
        sourceSteps: [.init(step: TrainingStep(110), weight: -0.5), .init(step: TrainingStep(120), weight: 0.5)],
        confidenceParts: [.init(name: "skill", value: 0.71, meaning: "better than keeping the last checkpoint")],
        files: [.init(name: "model.safetensors", bytes: 10, sha256: String(repeating: "ab", count: 32))])

    static let pendingPrediction = PredictionDocument(
        id: 2, state: .pending, step: TrainingStep(300), fromStep: TrainingStep(120), format: .adapter, path: nil,
        emittedAt: nil, confidence: nil, accuracy: nil, model: "line", anchor: .base, horizon: nil, forced: true,
        reason: nil, sourceSteps: [], confidenceParts: [], files: [])

    static let events: [RunEvent] = [
        .checkpoint(checkpoints.checkpoints[0]), .forecast(forecast), .prediction(prediction),
        .rejected(checkpoints.checkpoints[1]),
        .rewind(.init(fromStep: TrainingStep(120), toStep: TrainingStep(90))),
        .metric(.init(step: nil, prediction: 1, accuracy: 0.5)), .warning(.init(message: "disk is full; free some")),
    ].enumerated().map { RunEvent(id: $0 + 1, at: start.addingTimeInterval(Double($0)), body: $1) }
}
