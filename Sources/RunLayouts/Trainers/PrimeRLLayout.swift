import Checkpoints
import Files
import Vocabulary

/// prime-rl: the trainer's own state in `checkpoints/step_N/trainer`, float32 in torch.distributed.checkpoint, and whole
/// weights in `broadcasts/step_N` (from 2026 on) or `weights/step_N` (0.3 to 0.8), bfloat16 Hugging Face safetensors.
///
/// The trainer's state counts as soon as one of it is finished, and then alone: in bfloat16 an update is mostly rounding,
/// and two precisions in one trajectory would be two kinds of noise. Not where the exported weights are an adapter
/// (exact as they are) or have experts (which the trainer's state keeps stacked, under other names).
///
/// At step N weights are broadcast first, then the state is saved. The state is written in place; `.metadata` is renamed
/// into place last. Shards of whole weights appear as `tmp-rankR*.safetensors` and are renamed, the index comes after
/// them, and the empty file `STABLE` last; it is touched again when a folder is written again. Broadcasts are deleted two
/// steps later, but for those on the checkpoint interval; a run that is resumed deletes the broadcasts beyond its step,
/// and writes the states beyond it again when it gets there. `keep_last` and `keep_interval` remove whole `step_N` of
/// `checkpoints`. The daemon may watch the output folder, or one of the folders with the steps in it. Sources: prime-rl
/// `transports/weights/filesystem.py`, `utils/weights.py`, `trainer/ckpt.py`, `trainer/rl/train.py`, `utils/pathing.py` at
/// 559b447, and `trainer/weights.py` of 0.3 to 0.8.
public struct PrimeRLLayout: RunLayout {
    public let name: LayoutName = "prime-rl"
    public let shape = "checkpoints/step_N/trainer, or broadcasts/step_N or weights/step_N with STABLE (prime-rl)"
    private let calls: FileSystemCalls

    static let markerName = "STABLE"
    static let stateName = "trainer"
    static let stateMarkerName = ".metadata"
    private static let stepName = NumberedName(before: "step_")
    /// Whole weights; the first that has a step counts for it. Empty: the watched folder itself.
    private static let parents = ["weights", "broadcasts", ""]
    private static let stateParents = ["checkpoints", ""]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        let states = try folders(in: root, Self.stateParents) { $0.contains(Self.stateName) }
        let exports = try folders(in: root, Self.parents) {
            !$0.contains(Self.stateName) || $0.contains(Self.markerName)
        }
        let stateCandidates = states.candidates.map { candidate in
            CheckpointCandidate(
                step: candidate.step, directory: FileTree.join(candidate.root, Self.stateName), root: candidate.root,
                layout: name, note: candidate.note)
        }
        guard !exports.candidates.isEmpty, try stateCounts(stateCandidates, before: exports.candidates) else {
            let exported = Set(exports.candidates.map(\.step))
            let all = exports.candidates + stateCandidates.filter { !exported.contains($0.step) }
            return CheckpointListing(candidates: all.sorted { $0.step < $1.step }, ignored: exports.ignored)
        }
        let left = CheckpointListing.Ignored(
            name: FileTree.split(FileTree.split(exports.candidates[0].root).folder).name,
            reason:
                "\(exports.candidates.count) step(s) of exported weights, rounded to bfloat16: the trainer's own state "
                + "in float32 is read in their place; to read them, set run.watch to that folder")
        return CheckpointListing(candidates: stateCandidates, ignored: states.ignored + [left])
    }

    /// Steps below the first of `parents` that has each, and what else is there.
    private func folders(
        in root: String, _ parents: [String], where isWanted: ([String]) -> Bool
    ) throws(LayoutError) -> CheckpointListing {
        var byStep: [TrainingStep: CheckpointCandidate] = [:]
        var ignored: [CheckpointListing.Ignored] = []
        for parent in parents {
            let folder = parent.isEmpty ? root : FileTree.join(root, parent)
            let listing = try StepFolders(calls: calls).listing(
                in: folder, layout: name, reading: Self.stepName.step
            ) { path in path }
            for candidate in listing.candidates where byStep[candidate.step] == nil {
                guard isWanted(try WeightPlaces(calls: calls).names(in: candidate.root)) else { continue }
                byStep[candidate.step] = candidate
            }
            ignored += listing.ignored
        }
        return CheckpointListing(candidates: byStep.values.sorted { $0.step < $1.step }, ignored: ignored)
    }

    /// Whether the trainer's state is read where there are exported weights too.
    private func stateCounts(
        _ states: [CheckpointCandidate], before exports: [CheckpointCandidate]
    ) throws(LayoutError) -> Bool {
        let places = WeightPlaces(calls: calls)
        var hasState = false
        for state in states.reversed() where !hasState {
            hasState = try places.names(in: state.directory).contains(Self.stateMarkerName)
        }
        guard hasState else { return false }
        for export in exports.reversed() {
            let names = try places.names(in: export.directory)
            if names.contains(LowRankAdapter.configurationName) { return false }
            // Half-written, or removed while it is looked at: an older one tells.
            guard names.contains(Self.markerName),
                let source = try? CheckpointReader.open(
                    directory: export.directory, calls: calls)
            else { continue }
            return !source.tensors.contains { $0.name.text.contains(".experts.") }
        }
        return true
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        let names = try WeightPlaces(calls: calls).names(in: candidate.root)
        let step = FileTree.split(candidate.root)
        if candidate.directory != candidate.root { return "\(Self.stateName)/ in \(step.name)" }
        if names.contains(Self.markerName) { return "\(Self.markerName) in \(step.name)" }
        let parent = FileTree.split(step.folder).name
        return ["broadcasts", "weights"].contains(parent) ? "\(parent)/\(step.name)" : nil
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            candidate.directory == candidate.root
                ? try folder.marked(by: Self.markerName, in: candidate.directory, writtenBy: "prime-rl")
                : try folder.marked(
                    by: Self.stateMarkerName, in: candidate.directory, writtenBy: "torch.distributed.checkpoint")
        }
    }
}
