import Checkpoints
import Vocabulary

/// What keeps a run from being watched at all, or ends what was asked for. One line: what failed: why; what to do.
public enum PipelineError: Error, Sendable, CustomStringConvertible {
    case baseUnreadable(directory: String, CheckpointError)
    /// `candidates` are patterns that would track something.
    case nothingTracked(directory: String, candidates: [String])
    case watchMissing(path: String)
    case unknownModel(String, known: [String])
    /// `key` names what would be written there.
    case insideWatched(key: String, path: String, watched: String)
    case storeOnNetwork(path: String, fileSystem: String)
    /// `file` is the one of its files that is not where it was opened.
    case storeGone(path: String, file: String)
    case noCheckpoints(path: String, note: String)
    case notConfident(reason: String)
    case cannotPredict(reason: String)
    case noSuchStep(TrainingStep, path: String, known: [TrainingStep])
    case cannotReconstruct(step: TrainingStep, reason: String)

    public var description: String {
        switch self {
        case .baseUnreadable(let directory, let error):
            "cannot use the base \(directory): \(error); run.base (or --base) names the folder of the weights that the "
                + "run started from"
        case .nothingTracked(let directory, let candidates):
            "no weight of the base \(directory) is tracked: none matches factors.include; "
                + (candidates.isEmpty
                    ? "it has no two-dimensional weights" : "try include = \(Self.list(candidates))")
        case .watchMissing(let path):
            "cannot watch \(path): there is no such folder; create it or correct run.watch"
        case .unknownModel(let name, let known):
            "unknown model \(name) (expected auto or one of \(known.joined(separator: ", "))); correct forecast.model"
        case .insideWatched(let key, let path, let watched):
            "\(key) \(path) lies inside the watched folder \(watched), where nothing is ever written: the trainer would "
                + "find our files; choose a place elsewhere"
        case .storeOnNetwork(let path, let fileSystem):
            "the store \(path) would lie on \(fileSystem), where SQLite's write-ahead log is not safe; "
                + "set store.path to a local disk"
        case .storeGone(let path, let file):
            "nothing is recorded: the store \(path) was removed, moved or replaced while it was open (\(file)); put it "
                + "back, or restart alpharl to begin a new one"
        case .noCheckpoints(let path, let note):
            "no usable checkpoint in \(path): \(note)"
        case .notConfident(let reason):
            "not confident enough to predict: \(reason); wait for more checkpoints, or use --force to emit all the same"
        case .cannotPredict(let reason):
            "cannot predict: \(reason)"
        case .noSuchStep(let step, let path, let known):
            "no checkpoint of step \(step) in \(path): \(Self.summary(of: known)); ask for one of them with --step"
        case .cannotReconstruct(let step, let reason):
            "cannot reconstruct step \(step): \(reason)"
        }
    }

    private static func summary(of steps: [TrainingStep]) -> String {
        guard steps.count > 8 else {
            return "it has \(steps.isEmpty ? "none" : steps.map(\.description).joined(separator: ", "))"
        }
        return "it has \(steps.count), from \(steps[0]) to \(steps[steps.count - 1])"
    }

    private static func list(_ patterns: [String]) -> String {
        "[" + patterns.prefix(6).map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }
}
