import StatusAPI
import Synchronization

/// What the socket may ask of the running daemon besides questions: handed in by whoever wires it.
public struct RunControls: Sendable {
    /// Ends the wait for the next change at once.
    public var wake: @Sendable () -> Void
    /// Reads the configuration again; throws `StatusRefusal.conflict` and leaves the old one in force.
    public var reload: @Sendable () throws -> ReloadAnswer
    public var setLogLevel: @Sendable (LogLevelDocument.Level) -> Void
    /// Nil while the run's loop turns.
    public var livenessProblem: @Sendable () -> String?

    public init(
        wake: @escaping @Sendable () -> Void,
        reload: @escaping @Sendable () throws -> ReloadAnswer,
        setLogLevel: @escaping @Sendable (LogLevelDocument.Level) -> Void,
        livenessProblem: @escaping @Sendable () -> String?
    ) {
        self.wake = wake
        self.reload = reload
        self.setLogLevel = setLogLevel
        self.livenessProblem = livenessProblem
    }
}
