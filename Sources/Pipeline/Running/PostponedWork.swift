import TrajectoryStore
import Vocabulary

/// What can fail by a fault that may pass, and is tried again.
enum PostponedWork: Hashable, Sendable {
    /// Recording it, or comparing it with what was recorded; other files in its place are another piece of work.
    case checkpoint(step: TrainingStep, stamp: String)
    /// Finding out whether it is complete.
    case look(step: TrainingStep)
    case prediction(PredictionID)

    init(_ checkpoint: CheckpointRecord) { self = .checkpoint(step: checkpoint.step, stamp: checkpoint.seen.stamp) }

    var isPrediction: Bool {
        if case .prediction = self { return true }
        return false
    }

    var isLook: Bool {
        if case .look = self { return true }
        return false
    }

    /// Whether a checkpoint has to wait for this one, so that they are recorded in step order.
    func holds(_ other: TrainingStep) -> Bool {
        switch self {
        case .checkpoint(let step, _), .look(let step): step <= other
        case .prediction: false
        }
    }
}
