import Vocabulary

/// Everything that is stored of one module at one checkpoint.
public struct ModuleRecording: Hashable, Sendable {
    public let module: Module
    public let factor: UpdateFactor
    /// Of the weight's own bytes, with its type and shape; nil: not known.
    public let contentHash: String?
    public let gram: GramRow?
    /// Gram rows of recorded steps that were computed anew, because the store had given them up (`CheckpointRecording.workingSet`).
    public let rebuilt: [GramRow]
    /// Cosine between this direction and the previous one; nil for the first, and for zero updates.
    public let directionCosine: Double?
    /// R2 of a line through the trajectory; nil below three observations.
    public let linearityR2: Double?

    public init(
        module: Module, factor: UpdateFactor, contentHash: String? = nil, gram: GramRow?, rebuilt: [GramRow] = [],
        directionCosine: Double?, linearityR2: Double?
    ) {
        self.module = module
        self.factor = factor
        self.contentHash = contentHash
        self.gram = gram
        self.rebuilt = rebuilt
        self.directionCosine = directionCosine
        self.linearityR2 = linearityR2
    }
}

/// One observation of a module's trajectory, with its vectors.
public struct StepFactor: Hashable, Sendable {
    public let step: TrainingStep
    public let factor: UpdateFactor
    /// As `ModuleRecording.contentHash` was; nil in what schemas 1 to 3 wrote.
    public let contentHash: String?

    public init(step: TrainingStep, factor: UpdateFactor, contentHash: String? = nil) {
        self.step = step
        self.factor = factor
        self.contentHash = contentHash
    }
}

/// One row of the view `module_factor`: numbers without vectors.
public struct FactorSummary: Hashable, Sendable {
    public let step: TrainingStep
    public let module: Module
    public let baseNorm: Double
    public let frobeniusNorm: Double
    /// The first singular value; 0 for a zero update.
    public let sigma: Double
    /// nil for a zero update.
    public let energyShare: Double?
    public let unchangedShare: Double
    public let passes: Int
    /// Residual of the first triplet; nil for a zero update.
    public let residual: Double?
    public let hasConverged: Bool?
    public let directionCosine: Double?
    public let linearityR2: Double?
}
