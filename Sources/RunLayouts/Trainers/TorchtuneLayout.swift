import Files
import Vocabulary

/// torchtune: `step_N`, or `epoch_N` where it saves by epochs, with Hugging Face safetensors in it.
///
/// There is no end marker. Written in this order: weights (the index last), an adapter, copies of config and tokenizer, and
/// `recipe_state.pt` where the recipe may be resumed from there. `keep_last_n_checkpoints` removes the oldest. Of both kinds
/// of names in one folder the steps count. Source: torchtune `training/checkpointing/_checkpointer.py` at bd2a0fc.
public struct TorchtuneLayout: RunLayout {
    public let name: LayoutName = "torchtune"
    public let shape = "step_N or epoch_N with safetensors (torchtune)"
    private let calls: FileSystemCalls

    private static let steps = NumberedName(before: "step_")
    private static let epochs = NumberedName(before: "epoch_")
    static let signs = ["recipe_state.pt", "original_repo_id.json", "adapter_model.pt"]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        let folders = StepFolders(calls: calls)
        let steps = try folders.listing(in: root, layout: name, reading: Self.steps.step) { path in path }
        let epochs = try folders.listing(in: root, layout: name, reading: Self.epochs.step) { path in path }
        if steps.candidates.isEmpty { return epochs }
        let left = epochs.candidates.map {
            CheckpointListing.Ignored(
                name: FileTree.split($0.root).name, reason: "it counts epochs, its neighbours steps")
        }
        return CheckpointListing(candidates: steps.candidates, ignored: steps.ignored + left + epochs.ignored)
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        let step = FileTree.split(candidate.root)
        if step.name.hasPrefix(Self.epochs.before) { return "the name \(step.name)" }
        let places = WeightPlaces(calls: calls)
        if let sign = try places.names(in: candidate.root).first(where: Self.signs.contains) {
            return "\(sign) in \(step.name)"
        }
        return try places.names(in: step.folder).contains("recipe_state") ? "recipe_state beside \(step.name)" : nil
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            try folder.followed(by: ["recipe_state.pt", "config.json"], writtenBy: "torchtune")
        }
    }
}
