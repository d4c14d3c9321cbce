import Checkpoints
import Files
import Vocabulary

/// Adapters as PEFT itself saves them (`model.save_pretrained(...)` in a script or a callback), in folders whose names end
/// in the step, such as `adapter-100`, without any trainer's own mark.
///
/// Written in place: `README.md`, the weights, and `adapter_config.json` last. Nothing is rotated. Trainers that save
/// adapters among files of their own have layouts that know how they end a save, so this one counts only where none of
/// theirs fits. Source: PEFT 0.21.2 `peft_model.py`.
public struct PEFTLayout: RunLayout {
    public let name: LayoutName = "peft"
    public let shape = "NAME_N with adapter_config.json (PEFT)"
    public let countsOnlyAlone = true
    private let calls: FileSystemCalls

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    /// - Throws: `LayoutError.severalRuns` where folders of two names lie side by side.
    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        try TemplatedFolders(calls: calls).listing(in: root, layout: name) { (path) throws(LayoutError) in
            try sign(in: path) != nil
        }
    }

    private func sign(in path: String) throws(LayoutError) -> String? {
        let signs = [LowRankAdapter.configurationName] + LowRankAdapter.weightsNames
        let names = try WeightPlaces(calls: calls).names(in: path)
        return signs.first(where: names.contains)
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        try sign(in: candidate.directory).map { "\($0) in \(FileTree.split(candidate.root).name)" }
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            try folder.marked(by: LowRankAdapter.configurationName, in: candidate.directory, writtenBy: "PEFT")
        }
    }
}
