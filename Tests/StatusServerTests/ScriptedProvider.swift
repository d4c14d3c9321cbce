import StatusAPI
import Synchronization
import Vocabulary

/// Answers with fixed documents, records what it was asked, and sends the events that a test gives it.
final class ScriptedProvider: StatusProvider {
    struct State {
        var requests: [PredictionRequest] = []
        var metrics: [MetricPost] = []
        var level: LogLevelDocument.Level?
        var modulesAsked: (step: TrainingStep?, order: ModuleOrder)?
        /// So many copies of the first module are listed; nil for the fixed list.
        var moduleCount: Int?
        var history: [RunEvent] = []
        var subscribers: [Int: AsyncStream<Void>.Continuation] = [:]
        var subscriptions = 0
        var liveness: String?
        var readiness: String?
        var refusal: (any Error)?
        var gate: AsyncStream<Void>?
        /// Told of every question that goes through the gate, before it does.
        var onQuestion: (@Sendable () -> Void)?
    }

    let state = Mutex(State())
    /// One element for every subscription that ended.
    let endedSubscriptions: AsyncStream<Int>
    private let ended: AsyncStream<Int>.Continuation

    init() { (endedSubscriptions, ended) = AsyncStream.makeStream() }

    /// Without a signal.
    func record(_ event: RunEvent) { state.withLock { $0.history.append(event) } }

    func send(_ event: RunEvent) {
        let subscribers = state.withLock { state in
            state.history.append(event)
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.yield() }
    }

    /// Every question fails with `error` from now on; nil ends that.
    func refuse(_ error: (any Error)?) { state.withLock { $0.refusal = error } }

    private func check() async throws {
        let (refusal, gate, onQuestion) = state.withLock { ($0.refusal, $0.gate, $0.onQuestion) }
        onQuestion?()
        if let gate { for await _ in gate {} }
        if let refusal { throw refusal }
    }

    func status() async throws -> RunStatus {
        try await check()
        return Documents.status
    }

    func checkpoints() async throws -> CheckpointList { Documents.checkpoints }

    func modules(at step: TrainingStep?, order: ModuleOrder) async throws -> ModuleList {
        let count = state.withLock { state in
            state.modulesAsked = (step, order)
            return state.moduleCount
        }
        guard let count else { return Documents.modules }
        let modules = Array(repeating: Documents.modules.modules[0], count: count)
        return ModuleList(step: step, modules: modules)
    }

    func forecasts() async throws -> ForecastList { Documents.forecasts }

    func predictions() async throws -> PredictionList {
        PredictionList(predictions: [Documents.prediction, Documents.pendingPrediction])
    }

    func prediction(id: Int) async throws -> PredictionDocument {
        guard id == 1 else {
            throw StatusRefusal.notFound("there is no prediction \(id); GET /v1/predictions lists them")
        }
        return Documents.prediction
    }

    func measurements() async throws -> RunMeasurements { Documents.measurements }

    func history() async throws -> RunHistory { Documents.history }

    func backtests(of model: ModelName?) async throws -> BacktestList {
        BacktestList(backtests: Documents.backtests.backtests.filter { model == nil || $0.model == model })
    }

    func module(named name: TensorName) async throws -> ModuleHistory {
        guard name == Documents.module.name else { throw StatusRefusal.notFound("there is no module \"\(name)\"") }
        return Documents.module
    }

    func requestPrediction(_ request: PredictionRequest) async throws -> PredictionAccepted {
        try await check()
        state.withLock { $0.requests.append(request) }
        return PredictionAccepted(id: 7, targetStep: request.targetStep ?? TrainingStep(240), format: .adapter)
    }

    func recordMetrics(_ posts: [MetricPost]) async throws -> MetricsAccepted {
        state.withLock { $0.metrics += posts }
        return MetricsAccepted(accepted: posts.count)
    }

    func reload() async throws -> ReloadAnswer { ReloadAnswer(changed: ["log.level"], needsRestart: []) }

    func setLogLevel(_ level: LogLevelDocument.Level) async throws { state.withLock { $0.level = level } }

    func metrics() async throws -> RunMetrics {
        try await check()
        return Documents.metrics
    }

    func latestEventID() async throws -> Int {
        try await check()
        return state.withLock { $0.history.last?.id ?? 0 }
    }

    func events(after id: Int, limit: Int) async throws -> [RunEvent] {
        state.withLock { state in Array(state.history.lazy.filter { $0.id > id }.prefix(limit)) }
    }

    func eventSignals() async -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.subscriptions += 1
            state.subscribers[state.subscriptions] = continuation
            return state.subscriptions
        }
        continuation.onTermination = { [self] _ in
            _ = state.withLock { $0.subscribers.removeValue(forKey: number) }
            ended.yield(number)
        }
        return stream
    }

    func livenessProblem() async -> String? { state.withLock { $0.liveness } }
    func readinessProblem() async -> String? { state.withLock { $0.readiness } }
}
