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

    /// The run's own accuracy and reward over its steps.
    func measurements() async throws -> RunMeasurements
    /// What was judged at each recorded checkpoint.
    func history() async throws -> RunHistory
    /// - Parameter model: nil for all of them.
    /// - Throws: `StatusRefusal.notFound` for a model that there is not.
    func backtests(of model: ModelName?) async throws -> BacktestList
    /// One module over all recorded steps.
    ///
    /// - Throws: `StatusRefusal.notFound`
    func module(named name: TensorName) async throws -> ModuleHistory

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

    /// What a monitoring system samples.
    func metrics() async throws -> RunMetrics

    /// The id of the newest recorded event; 0 when there is none.
    func latestEventID() async throws -> Int
    /// The recorded events with an id above `id`, oldest first, at most `limit` of them. Each reader of events asks at
    /// its own pace, so that none needs a buffer and none misses anything.
    func events(after id: Int, limit: Int) async throws -> [RunEvent]
    /// An element, which carries nothing, after each time that events were recorded; several may be merged into one
    /// (`.bufferingNewest(1)`). Must return at once. Ends with the daemon, or when the reader drops the stream.
    func eventSignals() async -> AsyncStream<Void>

    /// Nil while the daemon's loops turn; otherwise what hangs.
    func livenessProblem() async -> String?
    /// Nil once the store is migrated and the first scan has finished; otherwise what is still missing.
    func readinessProblem() async -> String?
}
