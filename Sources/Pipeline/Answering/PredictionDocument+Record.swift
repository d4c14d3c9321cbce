import Emission
import Foundation
import StatusAPI
import TrajectoryStore
import Vocabulary

extension PredictionSummary {
    init(_ record: PredictionRecord) {
        self.init(
            id: Int(record.id.value), step: record.plan.targetStep, fromStep: record.fromStep,
            format: record.plan.format, path: record.plan.path, confidence: record.plan.confidence,
            emittedAt: record.emittedAt.flatMap(WallClock.date(of:)) ?? .distantPast, accuracy: record.accuracy)
    }
}

extension PredictionDocument {
    init(_ record: PredictionRecord) {
        let manifest = record.manifest.flatMap { PredictionManifest(decoding: Array($0.utf8)) }
        let isThere = record.state == .published
        self.init(
            id: Int(record.id.value), state: State(record.state), step: record.plan.targetStep,
            fromStep: record.fromStep, format: record.plan.format, path: isThere ? record.plan.path : nil,
            emittedAt: record.emittedAt.flatMap(WallClock.date(of:)), confidence: record.plan.confidence,
            accuracy: record.accuracy, model: record.plan.model, anchor: manifest?.anchor ?? .checkpoint,
            horizon: manifest?.horizon, forced: record.plan.isForced, reason: record.reason,
            sourceSteps: manifest?.sourceSteps ?? [], confidenceParts: manifest?.confidenceParts ?? [],
            files: (manifest?.files ?? []).map { File(name: $0.name, bytes: Int($0.size), sha256: $0.sha256) })
    }
}

extension PredictionDocument.State {
    init(_ state: PredictionState) {
        switch state {
        case .planned: self = .pending
        case .published: self = .emitted
        case .failed, .withdrawn: self = .failed
        case .removed: self = .removed
        }
    }
}
