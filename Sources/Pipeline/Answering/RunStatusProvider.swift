import Forecasting
import StatusAPI
import Synchronization
import TrajectoryStore
import Vocabulary

/// Answers what the socket asks, from the store and from the run's progress. Holds no state of its own.
public struct RunStatusProvider: StatusProvider {
    let context: RunContext
    let startedAt: WallClock
    let controls: RunControls
    private let blocking = BlockingCalls()

    public init(context: RunContext, controls: RunControls) {
        self.context = context
        self.controls = controls
        let began = context.clock.now
        startedAt = WallClock { began }
    }

    public func status() async throws -> RunStatus {
        try await blocking.run { try StatusAssembly(context: context).status(startedAt: startedAt.now) }
    }

    public func checkpoints() async throws -> CheckpointList {
        try await blocking.run { try StatusAssembly(context: context).checkpoints() }
    }

    public func modules(at step: TrainingStep?, order: ModuleOrder) async throws -> ModuleList {
        try await blocking.run { try ModuleAssembly(store: context.store).modules(at: step, order: order) }
    }

    public func forecasts() async throws -> ForecastList {
        try await blocking.run { try ForecastAssembly(context: context).forecasts() }
    }

    public func predictions() async throws -> PredictionList {
        try await blocking.run { try StoredAnswers(context: context).predictions() }
    }

    public func prediction(id: Int) async throws -> PredictionDocument {
        try await blocking.run {
            guard let record = try context.store.prediction(PredictionID(Int64(id))) else {
                throw StatusRefusal.notFound("there is no prediction \(id); GET /v1/predictions lists them")
            }
            return PredictionDocument(record)
        }
    }

    public func history() async throws -> RunHistory {
        try await blocking.run { try StoredAnswers(context: context).history() }
    }

    public func measurements() async throws -> RunMeasurements {
        try await blocking.run { try StoredAnswers(context: context).measurements() }
    }

    public func backtests(of model: ModelName?) async throws -> BacktestList {
        try await blocking.run { try StoredAnswers(context: context).backtests(of: model) }
    }

    public func module(named name: TensorName) async throws -> ModuleHistory {
        try await blocking.run { try StoredAnswers(context: context).module(named: name) }
    }

    public func requestPrediction(_ request: StatusAPI.PredictionRequest) async throws -> PredictionAccepted {
        let accepted = try await blocking.run { try PredictionDesk(context: context).accept(request) }
        controls.wake()
        return accepted
    }

    public func recordMetrics(_ posts: [MetricPost]) async throws -> MetricsAccepted {
        let accepted = try await blocking.run { try MetricDesk(context: context).store(posts) }
        context.signals.send()
        controls.wake()
        return accepted
    }

    public func reload() async throws -> ReloadAnswer {
        try await blocking.run {
            let outcome = Result { try controls.reload() }
            context.progress.update { $0.isReloadRefused = (try? outcome.get()) == nil }
            return try outcome.get()
        }
    }

    public func setLogLevel(_ level: LogLevelDocument.Level) async throws { controls.setLogLevel(level) }

    public func metrics() async throws -> RunMetrics {
        try await blocking.run { try MetricsAssembly(context: context).metrics(startedAt: startedAt.now) }
    }

    public func latestEventID() async throws -> Int {
        try await blocking.run { Int(try context.store.eventRange()?.upperBound ?? 0) }
    }

    public func events(after id: Int, limit: Int) async throws -> [RunEvent] {
        try await blocking.run { try context.store.events(after: Int64(id), limit: limit).map(EventCoding.event) }
    }

    public func eventSignals() async -> AsyncStream<Void> { context.signals.listen() }

    public func livenessProblem() async -> String? { controls.livenessProblem() }

    public func readinessProblem() async -> String? {
        context.progress.snapshot.hasScanned ? nil : "the first scan of the run has not finished; ask again in a moment"
    }
}
