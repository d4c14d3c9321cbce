import Vocabulary

/// Persistence: the update stays what it is. The baseline that every other model must beat.
public struct LastModel: CombinationModel {
    public let name: ModelName = "last"
    public let summary = "keeps the last checkpoint: no movement"
    public let anchor = PredictionAnchor.checkpoint
    public let rank = 1

    public init() {}

    public func weights(over gram: TrajectoryGram, at target: TrainingStep) throws(Abstention) -> [Double] {
        try requireCheckpoints(1, among: gram.count)
        return gram.steps.indices.map { $0 == gram.count - 1 ? 1 : 0 }
    }

    public func slopeWeights(over gram: TrajectoryGram) throws(Abstention) -> [Double] {
        try requireCheckpoints(1, among: gram.count)
        return gram.steps.map { _ in 0 }
    }
}
