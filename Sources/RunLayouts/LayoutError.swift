public import Checkpoints
public import Files

/// Why a run's folder cannot be understood. What is wrong with a single checkpoint is a `CheckpointCompleteness`.
public enum LayoutError: Error, Hashable, Sendable, CustomStringConvertible {
    case file(FileError)
    case checkpoint(CheckpointError)
    /// What a trainer wrote about its run is there and cannot be understood.
    case unreadableLog(file: String, reason: String)
    /// Folders of several runs lie side by side; `names` without their numbers.
    case severalRuns(root: String, names: [String])
    case unknownLayout(name: String, known: [String])
    case badPattern(pattern: String, reason: String)
    /// `layout = "pattern"` without one.
    case patternMissing
    /// A pattern beside a layout that has its own.
    case patternBesideLayout(name: String)

    public var description: String {
        switch self {
        case .file(let error): error.description
        case .checkpoint(let error): error.description
        case .unreadableLog(let file, let reason):
            "\(file) cannot be read: \(reason); its accuracies are left out, set metrics.source if they are elsewhere"
        case .severalRuns(let root, let names):
            "cannot tell which run in \(root) is meant: got folders of \(names.joined(separator: " and ")), expected one "
                + "run; set run.pattern, for example '\(names.first ?? "NAME-")(\\d+)'"
        case .unknownLayout(let name, let known):
            "there is no layout named \(name.debugDescription) (expected one of \(known.joined(separator: ", ")))"
                + "; correct run.layout"
        case .badPattern(let pattern, let reason):
            "run.pattern is not usable: \(reason) (got \(pattern.debugDescription), expected a regular expression with "
                + "exactly one group, the step); correct it, for example 'step_(\\d+)'"
        case .patternMissing:
            "run.layout is \"pattern\" and run.pattern is empty; set it, for example 'step_(\\d+)'"
        case .patternBesideLayout(let name):
            "run.pattern is set beside run.layout = \"\(name)\", which has names of its own; remove one of the two"
        }
    }
}
