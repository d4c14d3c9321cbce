import Files
import Vocabulary

/// The checkpoints of the RELEX authors: `global_stepN`, `global_step-N` or `global_step_N`, a Hugging Face folder each, with
/// the weights in it or in `huggingface` below it. There is no end marker. In their runs the number can be half the
/// optimizer's steps, which changes no forecast. Source: weizhepei/RELEX `scripts/precompute_deltas.py` at e4548ba.
public struct RELEXLayout: RunLayout {
    public let name: LayoutName = "relex"
    public let shape = "global_stepN with config.json and weights (RELEX)"
    private let calls: FileSystemCalls

    private static let names = ["global_step_", "global_step-", "global_step"].map { NumberedName(before: $0) }
    static let places = ["huggingface", ""]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        try StepFolders(calls: calls).listing(
            in: root, layout: name, reading: { folder in Self.names.lazy.compactMap { $0.step(in: folder) }.first },
            directory: { (path) throws(LayoutError) in
                try WeightPlaces(calls: calls).first(of: Self.places, below: path) ?? path
            })
    }

    /// verl's own folders have an `actor` in them.
    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        let places = WeightPlaces(calls: calls)
        guard try !places.names(in: candidate.root).contains("actor") else { return nil }
        let names = try places.names(in: candidate.directory)
        guard names.contains("config.json"), names.contains(where: WeightPlaces.isWeights) else { return nil }
        return "config.json and weights in \(FileTree.split(candidate.directory).name)"
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            .complete(try folder.weights(saveHasEnded: false), .unmarked)
        }
    }
}
