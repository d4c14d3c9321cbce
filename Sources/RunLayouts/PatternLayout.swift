import Files
import Vocabulary

/// Any other trainer whose checkpoints are folders with the weights in them, named by the user's own pattern. There
/// is no end marker that would be known, so a checkpoint counts when it is whole and has come to rest.
public struct PatternLayout: RunLayout {
    public let name: LayoutName = "pattern"
    public var shape: String { "run.pattern = '\(pattern.text)'" }
    public let pattern: StepPattern
    private let calls: FileSystemCalls

    public init(pattern: StepPattern, calls: FileSystemCalls = .system) {
        self.pattern = pattern
        self.calls = calls
    }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        let expressions = try pattern.compiled()
        var folders = [(path: root, step: TrainingStep?.none)]
        var ignored: [CheckpointListing.Ignored] = []
        for (part, expression) in expressions.enumerated() {
            var below: [(path: String, step: TrainingStep?)] = []
            for folder in folders {
                let (found, left) = try level(folder.path, expression, hasStep: part == pattern.stepPart)
                below += found.map { (FileTree.join(folder.path, $0.name), $0.step ?? folder.step) }
                ignored += left
            }
            folders = below
        }
        return listing(of: folders, ignored, depth: pattern.parts.count - pattern.stepPart)
    }

    /// The folders of one level whose whole names match.
    private func level(
        _ folder: String, _ expression: Regex<AnyRegexOutput>, hasStep: Bool
    ) throws(LayoutError) -> (found: [(name: String, step: TrainingStep?)], ignored: [CheckpointListing.Ignored]) {
        let folders = StepFolders(calls: calls)
        if !hasStep {
            let names = try folders.entries(of: folder).filter {
                $0.status.kind != .regular && !TemporaryNames.isTemporary($0.name)
                    && $0.name.wholeMatch(of: expression) != nil
            }
            return (names.map { ($0.name, nil) }, [])
        }
        let (found, ignored) = try folders.list(in: folder) { name in
            guard let match = name.wholeMatch(of: expression) else { return nil }
            let digits = match.output[1].substring ?? ""
            return Result { () throws(StepNumber.Problem) in try StepNumber.parse(digits, allowsLeadingZeros: true) }
        }
        return (found.map { ($0.name, $0.step) }, ignored)
    }

    /// Of two folders for one step the first in byte order counts, and says so.
    private func listing(
        of folders: [(path: String, step: TrainingStep?)], _ ignored: [CheckpointListing.Ignored], depth: Int
    ) -> CheckpointListing {
        var byStep: [TrainingStep: [String]] = [:]
        for (path, step) in folders { if let step { byStep[step, default: []].append(path) } }
        let candidates = byStep.map { step, paths in
            let paths = paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let others = paths.dropFirst().joined(separator: ", ")
            return CheckpointCandidate(
                step: step, directory: paths[0], root: ancestor(of: paths[0], above: depth - 1), layout: name,
                note: others.isEmpty ? "" : "\(others) left out: the same step")
        }
        return CheckpointListing(candidates: candidates.sorted { $0.step < $1.step }, ignored: ignored)
    }

    private func ancestor(of path: String, above count: Int) -> String {
        (0..<count).reduce(path) { path, _ in FileTree.split(path).folder }
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            .complete(try folder.weights(saveHasEnded: false), .unmarked)
        }
    }

    /// Where the folder has the Trainer's state file all the same, it is read.
    public func trainerState(of candidate: CheckpointCandidate) throws(LayoutError) -> TrainerState? {
        try HuggingFaceLayout(calls: calls).trainerState(of: candidate)
    }
}
