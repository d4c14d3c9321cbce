import Vocabulary

/// What an adapter over the base has to hold of one module: `X = multiple * D_n + movement`, where of the observed
/// update `D_n` only its leading triplets and its norm are known.
public struct ModuleUpdate: Hashable, Sendable {
    public let module: Module
    /// The factor of `D_n`; nil for a whole prediction, which replaces it.
    public let observed: UpdateFactor?
    /// How often `D_n` counts: 1 for anchored predictions.
    public let multiple: Double
    /// What is added to it, or the whole prediction.
    public let movement: LowRankMatrix
    /// `<D_n, movement>` with all ranks of `D_n`, where it was measured; nil: only known within Cauchy and Schwarz' bound.
    public let overlap: Double?

    public init(
        module: Module, observed: UpdateFactor?, multiple: Double = 1, movement: LowRankMatrix, overlap: Double? = nil
    ) {
        self.module = module
        self.observed = observed
        self.multiple = multiple
        self.movement = movement
        self.overlap = overlap
    }
}
