import Checkpoints
import FoundationEssentials
import Vocabulary

/// What the adapter form of a prediction is made of and what it says of itself. It needs no checkpoint, only the base
/// and the stored factors.
public struct AdapterRequest: Sendable {
    public let provenance: PredictionProvenance
    /// One for each tracked module, unmoved ones included.
    public let updates: [ModuleUpdate]
    /// r of every module, 1...
    public let rank: Int
    /// The weights that the adapter goes on top of.
    public let base: any TensorSource
    /// The step of the observed updates; 0: the base, for whole predictions.
    public let anchorStep: TrainingStep
    /// Whole seconds of it go into the manifest.
    public let createdAt: Date

    /// - Precondition: `rank >= 1`; a whole prediction has at most `rank` components in each module.
    public init(
        provenance: PredictionProvenance, updates: [ModuleUpdate], rank: Int, base: any TensorSource,
        anchorStep: TrainingStep, createdAt: Date
    ) {
        precondition(rank >= 1, "An adapter has at least rank 1; got \(rank).")
        self.provenance = provenance
        self.updates = updates
        self.rank = rank
        self.base = base
        self.anchorStep = anchorStep
        self.createdAt = createdAt
    }
}

/// What the manifest says of an adapter.
public struct AdapterDescription: Hashable, Sendable, Codable {
    /// r of every module; servers need a `max_lora_rank` of at least this.
    public let rank: Int
    public let modules: Int
    /// Share of the predicted update that the adapter holds: squared Frobenius norms summed over the modules, 0...1.
    public let updateShare: Double
    /// False where the share is the least that it can be, as an inner product that it needs was not measured.
    public let updateShareIsExact: Bool
    /// Where all other tensors are from: an adapter leaves the base's.
    public let otherTensors: String

    enum CodingKeys: String, CodingKey {
        case rank, modules
        case updateShare = "update_share"
        case updateShareIsExact = "update_share_is_exact"
        case otherTensors = "other_tensors"
    }

    init(rank: Int, updates: [LowRankUpdate]) {
        self.rank = rank
        modules = updates.count
        let whole = updates.reduce(0) { $0 + $1.wholeSquare }
        updateShare = whole > 0 ? min(1, updates.reduce(0) { $0 + $1.heldSquare } / whole) : 1
        updateShareIsExact = updates.allSatisfy(\.isExact)
        otherTensors = EmissionSettings.OtherTensorsSource.base.rawValue
    }
}
