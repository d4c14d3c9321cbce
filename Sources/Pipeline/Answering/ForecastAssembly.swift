import ConfigurationFile
import Forecasting
import StatusAPI
import TrajectoryStore
import Vocabulary

/// `/v1/forecasts`: the record of every model at every ratio of interest, as judged at the newest checkpoint.
struct ForecastAssembly: Sendable {
    let store: TrajectoryDatabase
    /// What a confidence has to reach; nil where it is not known.
    let threshold: Double?

    init(store: TrajectoryDatabase, threshold: Double?) {
        self.store = store
        self.threshold = threshold
    }

    init(context: RunContext) {
        self.init(store: context.store, threshold: context.configuration.confidence.threshold)
    }

    func forecasts() throws -> ForecastList {
        let recorded = try store.recordedSteps()
        guard let last = recorded.last else {
            return ForecastList(fromStep: nil, threshold: threshold, forecasts: [])
        }
        let judged = Dictionary(grouping: try store.judgements(at: last), by: \.model)
        let interval = TargetChoice.interval(of: recorded)
        let measured = try MeasuredAccuracies(store: store).ofPredictions()
        return ForecastList(
            fromStep: last, threshold: threshold,
            forecasts: ModelRegistry.all.flatMap { model in
                let objection = BehaviouralRecord.disappointment(of: model.name, among: measured)
                return (judged[model.name] ?? []).map {
                    document($0, last: last, interval: interval, objection.map(EvidenceGap.disappointed))
                }
            })
    }

    private func document(
        _ record: JudgementRecord, last: TrainingStep, interval: Int, _ objection: EvidenceGap?
    ) -> ForecastDocument {
        ForecastDocument(
            model: record.model, horizon: record.ratio,
            targetStep: TargetChoice.step(record.ratio, times: last, interval: interval, knownEnd: nil),
            backtestError: record.skill.map { 1 - $0 }, skill: record.skill, realised: record.realised,
            confidence: objection == nil ? record.confidence : 0, pairs: record.pairs,
            reason: objection?.description
                ?? (record.pairs == 0 ? "no forecast of this reach could be tested on this run yet" : nil))
    }
}
