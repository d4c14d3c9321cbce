/// Where the user's command after one prediction stands.
public enum HookState: String, Sendable, CaseIterable, Codable {
    /// To be run; found after a crash or a restart in the middle of it, it is run again.
    case due
    /// Ended with status 0.
    case done
    /// Could not be started, ended otherwise, or took too long; it is not repeated.
    case failed
    /// Not started after all: the prediction is gone, or no command is configured any more.
    case skipped
}

/// One row of `hook`: the command that is due once after a prediction was published.
public struct HookRecord: Hashable, Sendable {
    public let prediction: PredictionID
    public let state: HookState
    /// How often the command was started, 0...; more than once where the daemon ended in the middle of it.
    public let starts: Int
    /// Wall-clock seconds of the last start to its end; nil until then.
    public let seconds: Double?
    /// Why, in one line; always there for `failed` and `skipped`.
    public let reason: String?
    public let endedAt: String?
}
