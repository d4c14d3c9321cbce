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
        let folders = StepFolders(calls: calls)
        let named = try folders.list(in: root) { Self.parts(of: $0)?.step }
        var candidates: [CheckpointCandidate] = []
        var templates: Set<String> = []
        for folder in named.found {
            let path = FileTree.join(root, folder.name)
            guard try isTheirs(path), let template = Self.parts(of: folder.name)?.template else { continue }
            templates.insert(template)
            candidates.append(
                CheckpointCandidate(step: folder.step, directory: path, root: path, layout: name, note: folder.note))
        }
        guard templates.count < 2 else { throw .severalRuns(root: root, names: templates.sorted()) }
        return CheckpointListing(candidates: candidates, ignored: [])
    }

    private static func parts(of folder: String) -> (template: String, step: Result<TrainingStep, StepNumber.Problem>)?
    {
        let digits = String(folder.reversed().prefix { $0.isASCII && $0.isNumber }.reversed())
        let template = String(folder.dropLast(digits.count))
        guard !digits.isEmpty, !taken.contains(where: template.hasPrefix), !template.hasSuffix("-step-") else {
            return nil
        }
        return (
            template,
            Result { () throws(StepNumber.Problem) in try StepNumber.parse(digits, allowsLeadingZeros: true) }
        )
    }

    private func isTheirs(_ path: String) throws(LayoutError) -> Bool { try sign(in: path) != nil }

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
