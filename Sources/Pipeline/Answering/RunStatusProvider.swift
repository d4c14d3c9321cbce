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
        try await blocking.run { try ModuleAssembly(context: context).modules(at: step, order: order) }
    }

    public func forecasts() async throws -> ForecastList {
        try await blocking.run { try ForecastAssembly(context: context).forecasts() }
    }

    public func predictions() async throws -> PredictionList {
        try await blocking.run {
            PredictionList(predictions: try context.store.predictions().map { PredictionDocument($0) })
        }
    }

    public func prediction(id: Int) async throws -> PredictionDocument {
        try await blocking.run {
            guard let record = try context.store.prediction(PredictionID(Int64(id))) else {
                throw StatusRefusal.notFound("there is no prediction \(id); GET /v1/predictions lists them")
            }
            return PredictionDocument(record)
        }
    }

    public func requestPrediction(_ request: StatusAPI.PredictionRequest) async throws -> PredictionAccepted {
        let accepted = try await blocking.run { try PredictionDesk(context: context).accept(request) }
        controls.wake()
        return accepted
    }

    public func recordMetrics(_ posts: [MetricPost]) async throws -> MetricsAccepted {
        let accepted = try await blocking.run { try MetricDesk(context: context).store(posts) }
        controls.wake()
        return accepted
    }

    public func reload() async throws -> ReloadAnswer {
        try await blocking.run { try controls.reload() }
    }

    public func setLogLevel(_ level: LogLevelDocument.Level) async throws { controls.setLogLevel(level) }

    public func events(after lastEventID: Int?) async throws -> AsyncStream<RunEvent> {
        // Listening starts first, so that nothing falls between what is stored and what is new.
        let live = context.broadcaster.listen()
        guard let lastEventID else { return live }
        let missed = try await blocking.run {
            try context.store.events(after: Int64(lastEventID), limit: TrajectoryDatabase.eventCapacity)
                .map(EventCoding.event)
        }
        return EventReplay.joining(missed, live)
    }

    public func livenessProblem() async -> String? { controls.livenessProblem() }

    public func readinessProblem() async -> String? {
        context.progress.snapshot.hasScanned ? nil : "the first scan of the run has not finished"
    }
}

/// What was missed, then what comes, without repetition.
enum EventReplay {
    static func joining(_ missed: [RunEvent], _ live: AsyncStream<RunEvent>) -> AsyncStream<RunEvent> {
        AsyncStream { continuation in
            let task = Task {
                for event in missed { continuation.yield(event) }
                let last = missed.last?.id ?? 0
                for await event in live where event.id > last { continuation.yield(event) }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
