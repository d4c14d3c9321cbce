/// The inner products of two checkpoints' factors of one module.
public struct GramEntry: Hashable, Sendable, Codable {
    /// `<u_i, u_j>` of the largest triplets; 0 where one of the updates is zero.
    public let left: Double
    /// `<v_i, v_j>` of the largest triplets; 0 where one of the updates is zero.
    public let right: Double
    /// `<M_i, M_j>` of the rank-k parts, k = 1, 2, ... up to the larger of the two ranks; empty for two zero updates.
    public let parts: [Double]

    public init(left: Double, right: Double, parts: [Double]) {
        self.left = left
        self.right = right
        self.parts = parts
    }

    /// `<M_i, M_j>` of the parts of this rank, at least 1.
    public func part(rank: Int) -> Double {
        parts.isEmpty ? 0 : parts[min(rank, parts.count) - 1]
    }
}

/// One checkpoint's row: its inner products with every checkpoint of the working set of that moment, itself included.
/// What a store keeps, so that a trajectory is rebuilt without a single inner product.
public struct GramRow: Hashable, Sendable, Codable {
    public let step: TrainingStep
    /// The checkpoints that `entries` belong to, rising.
    public let against: [TrainingStep]
    public let entries: [GramEntry]

    public init(step: TrainingStep, against: [TrainingStep], entries: [GramEntry]) {
        precondition(against.count == entries.count, "A Gram row needs one entry for each step.")
        self.step = step
        self.against = against
        self.entries = entries
    }
}
