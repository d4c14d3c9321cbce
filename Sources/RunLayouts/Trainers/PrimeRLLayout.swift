import Files
import Vocabulary

/// prime-rl: whole weights in `broadcasts/step_N` (from 2026 on) or `weights/step_N` (0.3 to 0.8), bfloat16 Hugging Face
/// safetensors, and the trainer's own state in `checkpoints/step_N/trainer`, float32 in torch.distributed.checkpoint.
///
/// Shards appear as `tmp-rankR*.safetensors` and are renamed, the index comes after them, and the empty file `STABLE` last;
/// it is touched again when a folder is written again. Broadcasts are deleted two steps later, but for those on the
/// checkpoint interval; a run that is resumed deletes the broadcasts beyond its step. The daemon may watch the output folder,
/// or one of the folders with the steps in it. Sources: prime-rl `transports/weights/filesystem.py`, `utils/weights.py`,
/// `trainer/ckpt.py`, `utils/pathing.py` at 559b447, and `trainer/weights.py` of 0.3 to 0.8.
public struct PrimeRLLayout: RunLayout {
    public let name: LayoutName = "prime-rl"
    public let shape = "broadcasts/step_N or weights/step_N with STABLE (prime-rl)"
    private let calls: FileSystemCalls

    static let markerName = "STABLE"
    static let stateName = "trainer"
    private static let stepName = NumberedName(before: "step_")
    /// The first that has a step counts for it. Empty: the watched folder itself.
    private static let parents = ["weights", "broadcasts", "", "checkpoints"]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        var byStep: [TrainingStep: CheckpointCandidate] = [:]
        var ignored: [CheckpointListing.Ignored] = []
        for parent in Self.parents {
            let folder = parent.isEmpty ? root : FileTree.join(root, parent)
            let listing = try StepFolders(calls: calls).listing(
                in: folder, layout: name, reading: Self.stepName.step
            ) { (path) throws(LayoutError) in try weights(in: path) }
            for candidate in listing.candidates where byStep[candidate.step] == nil {
                byStep[candidate.step] = candidate
            }
            ignored += listing.ignored
        }
        return CheckpointListing(candidates: byStep.values.sorted { $0.step < $1.step }, ignored: ignored)
    }

    private func weights(in step: String) throws(LayoutError) -> String {
        let names = try WeightPlaces(calls: calls).names(in: step)
        return names.contains(Self.stateName) && !names.contains(Self.markerName)
            ? FileTree.join(step, Self.stateName) : step
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        let names = try WeightPlaces(calls: calls).names(in: candidate.root)
        let step = FileTree.split(candidate.root)
        if names.contains(Self.markerName) { return "\(Self.markerName) in \(step.name)" }
        if names.contains(Self.stateName) { return "\(Self.stateName)/ in \(step.name)" }
        let parent = FileTree.split(step.folder).name
        return ["broadcasts", "weights"].contains(parent) ? "\(parent)/\(step.name)" : nil
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            guard candidate.directory == candidate.root else { return try Self.stateOnly(folder) }
            return try folder.marked(by: Self.markerName, in: candidate.directory, writtenBy: "prime-rl")
        }
    }

    /// The trainer's state without weights beside it.
    private static func stateOnly(_ folder: CandidateFolder) throws(Obstacle) -> CheckpointCompleteness {
        guard try folder.exists(".metadata", in: folder.candidate.directory) else {
            return .incomplete(reason: "trainer/.metadata, which ends the save, is not there")
        }
        return .unusable(
            reason: "trainer/ holds torch.distributed.checkpoint shards, and there is no "
                + "broadcasts/\(FileTree.split(folder.candidate.root).name) with whole weights; set run.watch to the folder "
                + "checkpoints and run.pattern = 'step_(\\d+)/trainer' to read the shards, or let prime-rl broadcast weights "
                + "by the file system")
    }
}
