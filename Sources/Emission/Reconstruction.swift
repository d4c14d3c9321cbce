import Checkpoints
import Files
import FoundationEssentials
import Vocabulary

/// What a reconstruction is made of and what it says of itself.
public struct ReconstructionRequest: Sendable {
    /// Anchored at the base; `latest` has what is not tracked, `displacement` what is kept of its update.
    public let composition: WeightComposition
    /// The folder of the observed checkpoint.
    public let checkpoint: String
    public let step: TrainingStep
    /// 1...
    public let rank: Int
    public let isRescaled: Bool
    /// 0...1, before scaling.
    public let updateShare: Double
    /// Modules with a triplet that the solver gave up on: nearly right, and perhaps not the largest.
    public let unconvergedModules: Int
    public let baseFingerprint: String
    /// Whole seconds of it go into the manifest.
    public let createdAt: Date

    public init(
        composition: WeightComposition, checkpoint: String, step: TrainingStep, rank: Int, isRescaled: Bool,
        updateShare: Double, unconvergedModules: Int, baseFingerprint: String, createdAt: Date
    ) {
        self.composition = composition
        self.checkpoint = checkpoint
        self.step = step
        self.rank = rank
        self.isRescaled = isRescaled
        self.updateShare = updateShare
        self.unconvergedModules = unconvergedModules
        self.baseFingerprint = baseFingerprint
        self.createdAt = createdAt
    }
}

extension PredictedCheckpointBuilder {
    /// Writes `step-STEP-rank-RANK` (`-rescaled`) below the output directory, where nothing of that name may be yet: a
    /// folder that loads like any other. Whole or not at all.
    public func publish(
        _ request: ReconstructionRequest
    ) throws(EmissionError) -> (path: String, manifest: ReconstructionManifest) {
        try EmissionError.wrapping {
            try refuseWatchedTree(settings.directory)
            let tree = FileTree(calls: calls)
            try tree.makeDirectories(at: settings.directory)
            let path = FileTree.join(
                settings.directory,
                PredictionFolder.name(
                    reconstructing: request.step, rank: request.rank, isRescaled: request.isRescaled))
            guard try tree.status(of: path) == nil else {
                throw EmissionError.alreadyThere(path: path, reason: "reconstructions are not replaced")
            }
            let composition = request.composition
            let folders = [request.checkpoint, composition.base.directory]
            let manifest = try write(composition, folders, to: path) { folder, dtype in
                let manifest = ReconstructionManifest(request, dtype: dtype, files: folder.files, program: program)
                try folder.addFile(named: PredictionManifest.fileName, contents: try manifest.encoded())
                return manifest
            }
            return (path, manifest)
        }
    }
}
