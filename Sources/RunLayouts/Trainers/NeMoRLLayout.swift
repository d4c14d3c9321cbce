import Checkpoints
import Files
import Vocabulary

/// NeMo-RL: `step_N` with `policy/weights` in it, float32.
///
/// A save is written to `tmp_step_N` and renamed when it is whole (an older `step_N` goes by way of `old_step_N`), so that what has
/// the name is complete. Whole tensors are in `model/consolidated` where `save_consolidated` asks for them; without it there
/// are slices in `model` (DTensor v2), or torch.distributed.checkpoint (`model_save_format: torch_save`, v1): float32 all three.
/// Megatron's own form is not read. Deletions (`keep_top_k` by metric) are not oldest first. `training_info.json` has the
/// metrics of the step. Sources: NeMo-RL `utils/checkpoint.py`, `models/automodel/checkpoint.py` at 7ea279a.
public struct NeMoRLLayout: RunLayout {
    public let name: LayoutName = "nemo-rl"
    public let shape = "step_N/policy/weights (NeMo-RL)"
    private let calls: FileSystemCalls

    static let informationName = "training_info.json"
    private static let stepName = NumberedName(before: "step_")
    static let places = [
        "policy/weights/model/consolidated", "policy/weights/consolidated", "policy/weights/model", "policy/weights",
    ]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        try StepFolders(calls: calls).listing(in: root, layout: name, reading: Self.stepName.step) {
            (path) throws(LayoutError) in
            try WeightPlaces(calls: calls).first(of: Self.places, below: path, orWith: ".metadata")
                ?? FileTree.join(path, "policy/weights")
        }
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        let names = try WeightPlaces(calls: calls).names(in: candidate.root)
        let found = names.first { $0 == Self.informationName || $0 == "policy" }
        return found.map { "\($0) in \(FileTree.split(candidate.root).name)" }
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            if let reason = try Self.otherForm(folder) { return .unusable(reason: reason) }
            return .complete(try folder.weights(saveHasEnded: true), .marked)
        }
    }

    /// The metrics of the step, from `training_info.json`. `val_reward` is the accuracy of the validation; before the
    /// first one it is -99999999.
    public func trainerState(of candidate: CheckpointCandidate) throws(LayoutError) -> TrainerState? {
        var step = candidate.directory
        for _ in 0..<4 where FileTree.split(step).name != "step_\(candidate.step)" {
            step = FileTree.split(step).folder
        }
        let json = try CandidateFolder(candidate: candidate, calls: calls).log(
            Self.informationName, in: step, limit: Self.largestInformation)
        guard let json else { return nil }
        let values: [String: Double]
        do {
            var scanner = try JSONScanner(json, dialect: .python)
            var rows = LogRowReader()
            values = try rows.numbers(&scanner, in: json)
        } catch { throw .unreadableLog(file: FileTree.join(step, Self.informationName), reason: "\(error)") }
        let row = LogRow(step: candidate.step, values: values.filter { $0.value > -99_999_999 })
        return TrainerState(globalStep: candidate.step, log: [row], origin: "training_info")
    }

    private static let largestInformation = 1 << 20

    /// What is there in place of anything that can be read, and what to do; nil where that is not known.
    private static func otherForm(_ folder: CandidateFolder) throws(Obstacle) -> String? {
        let names = try folder.names(in: folder.candidate.directory)
        guard names.contains(where: { $0.hasPrefix("iter_") }) else { return nil }
        return "policy/weights holds Megatron's form; convert the step to Hugging Face form with NeMo-RL's "
            + "converter and watch the folder of the results with run.pattern"
    }
}
