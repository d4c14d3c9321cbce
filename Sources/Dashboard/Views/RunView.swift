import StatusAPI
import Vocabulary

/// The parts of a page, in its order. Each is made of a few documents and can be made anew by itself.
public enum RunView: String, CaseIterable, Sendable {
    case overview, confidence, record, accuracy, map, module, predictions
}

extension RunView {
    public static func overview(_ status: RunStatus, isLive: Bool = true) -> Markup {
        OverviewView(status: status, isLive: isLive).markup
    }

    public static func confidence(_ history: RunHistory, _ predictions: PredictionList) -> Markup {
        ConfidenceChart(history: history, predictions: predictions.predictions).card.markup
    }

    /// - Parameter backtests: of `history.shownModel`.
    public static func record(_ history: RunHistory, _ backtests: BacktestList, _ forecasts: ForecastList) -> Markup {
        RecordChart(model: history.shownModel, backtests: backtests.backtests, forecasts: forecasts).card.markup
    }

    public static func accuracy(_ measurements: RunMeasurements, _ predictions: PredictionList) -> Markup {
        AccuracyChart(measurements: measurements, predictions: predictions.predictions).card.markup
    }

    public static func map(_ modules: ModuleList, hasLinks: Bool = true) -> Markup {
        ModuleMapView(list: modules, hasLinks: hasLinks).markup
    }

    /// - Parameter modules: where its siblings are found; nil for a page without links.
    public static func module(_ module: ModuleHistory?, among modules: ModuleList?) -> Markup {
        guard let module else { return .nothing }
        let map = modules.map { ModuleMap($0.modules) }
        return CloseUpView(
            module: module, siblings: map?.siblings(of: module.name) ?? [], mostEnergy: map?.mostEnergy ?? 1,
            isChosen: modules?.mostMoved == module.name
        ).markup
    }

    public static func predictions(_ predictions: PredictionList, _ checkpoints: CheckpointList) -> Markup {
        PredictionsView(predictions: predictions.predictions, checkpoints: checkpoints.checkpoints).markup
    }
}
