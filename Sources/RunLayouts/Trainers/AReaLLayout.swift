import Files
import Vocabulary

/// AReaL: `epochEepochstepSglobalstepG`, Hugging Face safetensors, bfloat16 unless told otherwise; G is the step.
///
/// The folder is made before anything is saved into it, and there is no end marker: weights, config, tokenizer.
/// `recover_checkpoint` beside them is written over and over in place and never read. Nothing is rotated. Sources: AReaL
/// `utils/saver.py`, `engine/fsdp_engine.py` at 4aef98d.
public struct AReaLLayout: RunLayout {
    public let name: LayoutName = "areal"
    public let shape = "epochEepochstepSglobalstepG (AReaL)"
    private let calls: FileSystemCalls

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        try StepFolders(calls: calls).listing(in: root, layout: name, reading: Self.step) { path in path }
    }

    private static func step(_ folder: String) -> Result<TrainingStep, StepNumber.Problem>? {
        guard let number = folder.ranges(of: "globalstep").last, folder.hasPrefix("epoch"),
            folder[..<number.lowerBound].contains("epochstep")
        else { return nil }
        return NumberedName(before: "globalstep").step(in: String(folder[number.lowerBound...]))
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            try folder.followed(by: ["tokenizer_config.json", "tokenizer.json"], writtenBy: "AReaL")
        }
    }
}
