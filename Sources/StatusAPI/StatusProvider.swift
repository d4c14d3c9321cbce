import Vocabulary

/// What the socket asks of the daemon. The daemon implements it; a server is handed one.
///
/// Any function may throw `StatusRefusal`, which is answered with its status and text. Any other error is a fault of
/// the daemon: it is logged and answered with 500. None of them may block a thread.
public protocol StatusProvider: Sendable {
    func status() async throws -> RunStatus
    func checkpoints() async throws -> CheckpointList
    /// - Parameter step: a recorded step; nil for the last one.
    func modules(at step: TrainingStep?, order: ModuleOrder) async throws -> ModuleList
    func forecasts() async throws -> ForecastList
    func predictions() async throws -> PredictionList
    /// - Throws: `StatusRefusal.notFound`
    func prediction(id: Int) async throws -> PredictionDocument

    /// Answers as soon as the prediction is queued; it is written in the background.
    ///
    /// - Throws: `StatusRefusal.conflict` with the reason when it may not be emitted.
    func requestPrediction(_ request: PredictionRequest) async throws -> PredictionAccepted
    /// All of them are stored or none.
    func recordMetrics(_ posts: [MetricPost]) async throws -> MetricsAccepted
    /// Answers when the new configuration is in force.
    ///
    /// - Throws: `StatusRefusal.conflict` when the file is refused; the old configuration stays in force.
    func reload() async throws -> ReloadAnswer
    func setLogLevel(_ level: LogLevelDocument.Level) async throws

    /// Everything that happened after `lastEventID` in order, then what happens from now on, without gap or
    /// repetition; nil starts with the next event. Must return at once; the stream may end only with the daemon.
    /// Events are consumed promptly whatever the client does, so that the stream's buffer stays small.
    func events(after lastEventID: Int?) async throws -> AsyncStream<RunEvent>

    /// Nil while the daemon's loops turn; otherwise what hangs.
    func livenessProblem() async -> String?
    /// Nil once the store is migrated and the first scan has finished; otherwise what is still missing.
    func readinessProblem() async -> String?
}
