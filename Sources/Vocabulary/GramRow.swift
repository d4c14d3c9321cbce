/// The inner products of two checkpoints' factors of one module. A refit holds some two thousand of them for each module: what most
/// of them hold, the part of rank 1, lies in the value itself.
public struct GramEntry: Hashable, Sendable {
    /// `<u_i, u_j>` of the largest triplets; 0 where one of the updates is zero.
    public let left: Double
    /// `<v_i, v_j>` of the largest triplets; 0 where one of the updates is zero.
    public let right: Double
    private let first: Double?
    private let further: [Double]

    public init(left: Double, right: Double, parts: [Double]) { self.init(left: left, right: right, parts: parts[...]) }

    public init(left: Double, right: Double, parts: ArraySlice<Double>) {
        self.left = left
        self.right = right
        first = parts.first
        further = Array(parts.dropFirst())
    }

    /// `<M_i, M_j>` of the rank-k parts, k = 1, 2, ... up to the larger of the two ranks; empty for two zero updates.
    public var parts: [Double] { first.map { [$0] + further } ?? [] }

    public var partCount: Int { first == nil ? 0 : 1 + further.count }

    /// `<M_i, M_j>` of the parts of this rank, at least 1; of the largest there is where that is smaller.
    public func part(rank: Int) -> Double {
        rank == 1 || further.isEmpty ? first ?? 0 : further[min(rank - 1, further.count) - 1]
    }
}

/// One checkpoint's row: its inner products with every checkpoint of the working set of that moment, itself included.
/// What a store keeps, so that a trajectory is rebuilt without a single inner product.
public struct GramRow: Hashable, Sendable {
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
