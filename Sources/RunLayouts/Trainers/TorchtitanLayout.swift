import Checkpoints
import Files
import Vocabulary

/// torchtitan: `checkpoint/step-N` in torch.distributed.checkpoint, float32, or Hugging Face safetensors where a step is
/// exported (`last_save_in_hf`, the last one only).
///
/// Written in place. `.metadata` is renamed into place last, and of an export `model.safetensors.index.json`; torchtitan
/// itself takes a folder with one of the two for whole. `keep_latest_k` (10) removes the oldest names that hold
/// `step-N` anywhere, so that nothing of ours may lie there. The tensors have torchtitan's own names
/// (`tok_embeddings.weight`) but for models that it takes from transformers: only what has the base's names can be read,
/// which is told from the base when a checkpoint is opened. The daemon may watch the dump folder or `checkpoint` in it.
/// verl's torchtitan engine writes the same folders. Sources: torchtitan `components/checkpointer/{base,dcp}.py` at b5bcd76.
public struct TorchtitanLayout: RunLayout {
    public let name: LayoutName = "torchtitan"
    public let shape = "checkpoint/step-N with .metadata (torchtitan)"
    private let calls: FileSystemCalls

    static let markerNames = [".metadata", "model.safetensors.index.json"]
    private static let stepName = NumberedName(before: "step-")
    private static let parents = ["checkpoint", ""]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        for parent in Self.parents {
            let listing = try StepFolders(calls: calls).listing(
                in: parent.isEmpty ? root : FileTree.join(root, parent), layout: name, reading: Self.stepName.step
            ) { path in path }
            if !listing.candidates.isEmpty { return listing }
        }
        return .empty
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        let names = try WeightPlaces(calls: calls).names(in: candidate.root)
        let sign = names.first { Self.markerNames.contains($0) || $0.hasSuffix(".distcp") }
        return sign.map { "\($0) in \(FileTree.split(candidate.root).name)" }
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            for marker in Self.markerNames where try folder.exists(marker, in: candidate.directory) {
                return try folder.marked(by: marker, in: candidate.directory, writtenBy: "torchtitan")
            }
            return .incomplete(
                reason:
                    "neither \(Self.markerNames.joined(separator: " nor ")) is there, one of which torchtitan writes last"
            )
        }
    }
}
