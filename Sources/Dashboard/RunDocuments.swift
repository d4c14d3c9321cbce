import FoundationEssentials
import StatusAPI
import Vocabulary

/// Everything that a page about one run is made of, as the socket answers it or a store holds it.
public struct RunDocuments: Sendable {
    public var status: RunStatus
    public var checkpoints: CheckpointList
    public var measurements: RunMeasurements
    public var modules: ModuleList
    public var forecasts: ForecastList
    public var predictions: PredictionList
    public var history: RunHistory
    /// Of `history.shownModel`.
    public var backtests: BacktestList
    /// The modules that are looked at closely.
    public var closeUps: [ModuleHistory]

    public init(
        status: RunStatus, checkpoints: CheckpointList, measurements: RunMeasurements, modules: ModuleList,
        forecasts: ForecastList, predictions: PredictionList, history: RunHistory, backtests: BacktestList,
        closeUps: [ModuleHistory]
    ) {
        self.status = status
        self.checkpoints = checkpoints
        self.measurements = measurements
        self.modules = modules
        self.forecasts = forecasts
        self.predictions = predictions
        self.history = history
        self.backtests = backtests
        self.closeUps = closeUps
    }
}

extension RunHistory {
    /// The model whose record is shown: the one that was chosen last.
    public var shownModel: ModelName? { verdicts.last { $0.model != nil }?.model }
}

extension ModuleList {
    /// The module to look at closely unless another is asked for: the one that moved most for its size.
    public var mostMoved: TensorName? {
        modules.max { ($0.relativeNorm ?? 0, $1.name) < ($1.relativeNorm ?? 0, $0.name) }?.name
    }
}
