import Forecasting
import LogEvents
import Logging
import StatusAPI
import TrajectoryStore
import Vocabulary

/// `POST /v1/metrics`: accuracies that somebody measured, of the run or of a prediction.
struct MetricDesk: Sendable {
    let context: RunContext

    /// All of them are stored or none.
    ///
    /// - Throws: `StatusRefusal.badRequest` for a number that is not finite, `.notFound` for an unknown prediction.
    func store(_ posts: [MetricPost]) throws -> MetricsAccepted {
        for post in posts {
            guard post.accuracy.isFinite else {
                throw StatusRefusal.badRequest(
                    "accuracy is not a finite number (got \(post.accuracy)); leave the post out")
            }
            if case .prediction(let id) = post.subject, try context.store.prediction(PredictionID(Int64(id))) == nil {
                throw StatusRefusal.notFound("there is no prediction \(id); GET /v1/predictions lists them")
            }
        }
        let now = context.clock.timestamp
        let records = posts.map { post in
            MetricRecord(
                subject: MetricSubject(post.subject), key: MetricRecord.accuracyKey, value: post.accuracy,
                source: "api", receivedAt: now)
        }
        let events = try posts.map { try EventCoding.newEvent(.metric(RunEvent.Metric($0)), context.clock) }
        let before = try disappointments()
        try context.store.append(records, events: events)
        for prediction in try disappointments() where !before.contains(prediction) { try warn(of: prediction) }
        return MetricsAccepted(accepted: posts.count)
    }

    private func disappointments() throws -> [MeasuredPrediction] {
        let measured = try MeasuredAccuracies(context: context).ofPredictions()
        return Set(measured.map(\.model)).sorted { $0.text < $1.text }.compactMap {
            BehaviouralRecord.disappointment(of: $0, among: measured)
        }
    }

    private func warn(of prediction: MeasuredPrediction) throws {
        let message = "\(prediction.model) loses its confidence: \(EvidenceGap.disappointed(prediction))"
        context.log.tell(.modelDisappointed, message, ["prediction": "\(prediction.number)"])
        try context.store.append(EventCoding.newEvent(.warning(RunEvent.Warning(message: message)), context.clock))
    }
}

extension MetricSubject {
    init(_ subject: MetricPost.Subject) {
        switch subject {
        case .step(let step): self = .step(step)
        case .prediction(let id): self = .prediction(PredictionID(Int64(id)))
        }
    }
}

extension RunEvent.Metric {
    init(_ post: MetricPost) {
        switch post.subject {
        case .step(let step): self.init(step: step, prediction: nil, accuracy: post.accuracy)
        case .prediction(let id): self.init(step: nil, prediction: id, accuracy: post.accuracy)
        }
    }
}
