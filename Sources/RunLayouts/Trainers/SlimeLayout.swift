import Checkpoints
import Files
import Vocabulary

/// slime with `--save-hf TEMPLATE`: any name that ends in the rollout's number, such as `hf_20`, Hugging Face safetensors in the
/// type of `--hf-checkpoint`.
///
/// Config and tokenizer are copied first; shards are written as `model-00001.safetensors` and renamed to
/// `model-00001-of-...` at the end, and `model.safetensors.index.json` comes last, always. Saving again removes the old
/// weights first. Nothing is rotated. Since the name is the user's, a folder counts only with the index or such shards
/// in it. Source: slime `backends/megatron_utils/hf_checkpoint_saver.py` at 624b824.
public struct SlimeLayout: RunLayout {
    public let name: LayoutName = "slime"
    public let shape = "NAME_N with model.safetensors.index.json (slime with --save-hf)"
    private let calls: FileSystemCalls

    static let indexName = "model.safetensors.index.json"
    /// Names that belong to other trainers.
    private static let taken = ["checkpoint-", "global_step", "step_", "epoch", "tmp"]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    /// - Throws: `LayoutError.severalRuns` where folders of two templates lie side by side.
    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        try TemplatedFolders(calls: calls).listing(
            in: root, layout: name,
            names: { name in !Self.taken.contains(where: name.hasPrefix) && !name.hasSuffix("step-") }
        ) { (path) throws(LayoutError) in try sign(in: path) != nil }
    }

    /// The index, or a shard that does not know yet how many there will be.
    private func sign(in path: String) throws(LayoutError) -> String? {
        try WeightPlaces(calls: calls).names(in: path).first { name in
            name == Self.indexName
                || (name.hasPrefix("model-") && name.hasSuffix(".safetensors") && !name.contains("-of-"))
        }
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        try sign(in: candidate.directory).map { "\($0) in \(FileTree.split(candidate.root).name)" }
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            try folder.marked(by: Self.indexName, in: candidate.directory, writtenBy: "slime")
        }
    }
}
