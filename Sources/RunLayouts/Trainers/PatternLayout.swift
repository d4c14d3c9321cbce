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
        var folders = [Place(path: root)]
        var ignored: [CheckpointListing.Ignored] = []
        for (part, expression) in expressions.enumerated() {
            var below: [Place] = []
            for folder in folders {
                let (found, left) = try level(folder, expression, hasStep: part == pattern.stepPart)
                below += found
                ignored += left
            }
            folders = below
        }
        return listing(of: folders, ignored, depth: pattern.parts.count - pattern.stepPart)
    }

    /// A folder on the way to the weights.
    private struct Place {
        var path: String
        var step: TrainingStep?
        var note = ""
    }

    /// The folders in a folder whose whole names match.
    private func level(
        _ folder: Place, _ expression: Regex<AnyRegexOutput>, hasStep: Bool
    ) throws(LayoutError) -> (found: [Place], ignored: [CheckpointListing.Ignored]) {
        let folders = StepFolders(calls: calls)
        if !hasStep {
            let names = try folders.entries(of: folder.path).filter {
                $0.status.kind != .regular && !TemporaryNames.isTemporary($0.name)
                    && $0.name.wholeMatch(of: expression) != nil
            }
            let found = names.map {
                Place(path: FileTree.join(folder.path, $0.name), step: folder.step, note: folder.note)
            }
            return (found, [])
        }
        let (found, ignored) = try folders.list(in: folder.path) { name in
            guard let match = name.wholeMatch(of: expression) else { return nil }
            let digits = match.output[1].substring ?? ""
            return Result { () throws(StepNumber.Problem) in try StepNumber.parse(digits, allowsLeadingZeros: true) }
        }
        let places = found.map {
            Place(path: FileTree.join(folder.path, $0.name), step: $0.step, note: $0.note)
        }
        return (places, ignored)
    }

    /// Of two folders for one step the first in byte order counts, and says so.
    private func listing(
        of folders: [Place], _ ignored: [CheckpointListing.Ignored], depth: Int
    ) -> CheckpointListing {
        var byStep: [TrainingStep: [Place]] = [:]
        for place in folders { if let step = place.step { byStep[step, default: []].append(place) } }
        let candidates = byStep.map { step, places in
            let places = places.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            let others = places.dropFirst().map(\.path).joined(separator: ", ")
            let note = others.isEmpty ? "" : "\(others) left out: the same step"
            return CheckpointCandidate(
                step: step, directory: places[0].path, root: ancestor(of: places[0].path, above: depth - 1),
                layout: name,
                note: [places[0].note, note].filter { !$0.isEmpty }.joined(separator: "; "))
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
