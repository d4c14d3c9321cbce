import Files
import Vocabulary

/// The checkpoints that were published with the AlphaRL paper: `ALGO-step-N`, such as `DAPO-step-12`, a Hugging Face
/// folder each, with `ALGO-step-0` the base. There is no end marker. Source: caiyuchen-ustc/Alpha-RL, `eval/`.
public struct AlphaRLLayout: RunLayout {
    public let name: LayoutName = "alpharl"
    public let shape = "ALGO-step-N (the AlphaRL paper's)"
    private let calls: FileSystemCalls

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    /// - Throws: `LayoutError.severalRuns` where folders of two algorithms lie side by side.
    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        var runs: Set<String> = []
        let listing = try StepFolders(calls: calls).listing(
            in: root, layout: name,
            reading: { folder in
                guard let (run, number) = Self.parts(of: folder) else { return nil }
                let step = Result { () throws(StepNumber.Problem) in
                    try StepNumber.parse(number, allowsLeadingZeros: true)
                }
                if case .success = step { runs.insert(run + "-step-") }
                return step
            }, directory: { path in path })
        guard runs.count < 2 else { throw .severalRuns(root: root, names: runs.sorted()) }
        return listing
    }

    private static func parts(of folder: String) -> (run: String, number: Substring)? {
        guard let middle = folder.ranges(of: "-step-").last, middle.lowerBound > folder.startIndex else { return nil }
        let number = folder[middle.upperBound...]
        guard number.first?.isNumber == true else { return nil }
        return (String(folder[..<middle.lowerBound]), number)
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            .complete(try folder.weights(saveHasEnded: false), .unmarked)
        }
    }
}
