import Files
import Vocabulary

/// OpenRLHF with `--ckpt.save_hf`: `global_stepN_hf`, Hugging Face safetensors, bfloat16 unless told otherwise.
///
/// There is no end marker: weights, then `config.json` (written again), then the tokenizer. `best_global_stepN_hf` holds the
/// same weights under a second name and counts where the first is not there. What is rotated is DeepSpeed's state in
/// `_actor`, never these folders. Sources: openrlhf 0.11.2 `trainer/ppo_trainer.py`, `utils/deepspeed/deepspeed.py`.
public struct OpenRLHFLayout: RunLayout {
    public let name: LayoutName = "openrlhf"
    public let shape = "global_stepN_hf (OpenRLHF with --ckpt.save_hf)"
    private let calls: FileSystemCalls

    private static let plain = NumberedName(before: "global_step", after: "_hf")
    private static let best = NumberedName(before: "best_global_step", after: "_hf")

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        let folders = StepFolders(calls: calls)
        let plain = try folders.listing(in: root, layout: name, reading: Self.plain.step) { path in path }
        let best = try folders.listing(in: root, layout: name, reading: Self.best.step) { path in path }
        let known = Set(plain.candidates.map(\.step))
        let added = best.candidates.filter { !known.contains($0.step) }
        let left = best.candidates.filter { known.contains($0.step) }.map {
            CheckpointListing.Ignored(name: FileTree.split($0.root).name, reason: "its step has a folder without best_")
        }
        return CheckpointListing(
            candidates: (plain.candidates + added).sorted { $0.step < $1.step },
            ignored: plain.ignored + left + best.ignored)
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            try folder.followed(by: ["tokenizer_config.json", "tokenizer.json"], writtenBy: "OpenRLHF")
        }
    }
}
