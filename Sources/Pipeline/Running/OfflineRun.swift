import ConfigurationFile
import Emission
import Files
import Forecasting
import RunLayouts
import StatusAPI
import TrajectoryStore
import Vocabulary

/// A finished or copied run, read without a daemon: the same recording, judging and writing, and nothing is emitted
/// but what is asked for.
public struct OfflineRun: Sendable {
    private let context: RunContext

    /// What was asked for.
    public struct Request: Sendable {
        /// Nil: as far as `forecast.horizon` and the proof reach.
        public var targetStep: TrainingStep?
        /// Nil: the configuration's.
        public var horizon: Double?
        /// Nil: the configuration's, `auto` among them.
        public var model: ModelName?
        public var formats: [PredictionFormat]
        /// Write it below the threshold too, marked as such.
        public var force: Bool

        public init(
            targetStep: TrainingStep? = nil, horizon: Double? = nil, model: ModelName? = nil,
            formats: [PredictionFormat] = [.full], force: Bool = false
        ) {
            self.targetStep = targetStep
            self.horizon = horizon
            self.model = model
            self.formats = formats
            self.force = force
        }
    }

    public init(context: RunContext) { self.context = context }

    /// Reads every checkpoint up to `lastStep` (nil: all).
    ///
    /// - Throws: `PipelineError.noCheckpoints` when none could be recorded, with the first reason.
    public func read(upTo lastStep: TrainingStep? = nil) throws {
        let nothing = SettleRule(quiet: 0, longQuiet: 0, longAgo: 0)
        var pipeline = try RunPipeline(context: context, emits: false, lastStep: lastStep, settle: nothing)
        var passes = 0
        while try pipeline.pass().shouldRetry && passes < 3 { passes += 1 }
        guard try context.store.recordedSteps().isEmpty else { return }
        let rejected = try context.store.checkpoints().first { $0.reason != nil }
        let unfinished = context.progress.snapshot.unfinished.first
        let reason =
            rejected.map { "step \($0.step): \($0.reason ?? "")" } ?? unfinished.map { "step \($0.step): \($0.reason)" }
            ?? context.progress.snapshot.layoutNote ?? "there is none"
        throw PipelineError.noCheckpoints(path: context.configuration.run.watch, note: reason)
    }

    /// Status, forecasts and rejected checkpoints, as a daemon would answer.
    public func report() throws -> (status: RunStatus, forecasts: ForecastList, checkpoints: CheckpointList) {
        let report = StatusReport(context: context)
        return (try report.status(), try ForecastAssembly(context: context).forecasts(), try report.checkpoints())
    }

    /// Writes what was asked for.
    ///
    /// - Returns: the predictions, one for each format.
    /// - Throws: `PipelineError.notConfident` without `force`; `EmissionError`.
    public func predict(_ request: Request) throws -> [PredictionDocument] {
        let plan = try plan(for: request)
        let isProven = plan.readiness.ratio != nil
        guard isProven || request.force else { throw PipelineError.notConfident(reason: plan.readiness.reason) }
        return try request.formats.map { format in
            let planned = PlannedPrediction(
                targetStep: plan.target, checkpoint: plan.from.id, model: plan.model.name, format: format,
                path: PredictionPlace(context.configuration).path(to: plan.target, from: plan.from.step, as: format),
                confidence: plan.confidence, isForced: !isProven, requestedBy: "predict",
                plannedAt: context.clock.timestamp)
            let id = try context.store.plan(planned)
            guard let record = try context.store.prediction(id) else {
                preconditionFailure("A prediction that was just planned is in the store.")
            }
            let published = try PredictionPublisher(context: context).write(plan, record)
            let manifest = String(decoding: try published.manifest.encoded(), as: UTF8.self)
            try context.store.markPublished(id, manifest: manifest, emittedAt: context.clock.timestamp)
            guard let settled = try context.store.prediction(id) else {
                preconditionFailure("A prediction that was just published is in the store.")
            }
            return PredictionDocument(settled)
        }
    }

    private func plan(for request: Request) throws -> ForecastPlan {
        let recorded = try context.store.recordedSteps()
        guard let last = recorded.last else {
            throw PipelineError.cannotPredict(reason: "no checkpoint is recorded yet; wait for the first ones")
        }
        let planner = ForecastPlanner(context: context)
        let model = request.model.flatMap { $0 == "auto" ? nil : $0 }
        if let target = request.targetStep { return try planner.plan(to: target, model: model) }
        let accuracy = context.configuration.forecast.targetAccuracy
        if accuracy > 0, request.horizon == nil {
            let target: TrainingStep
            do { target = try WantedTarget(context: context).step(reaching: accuracy, from: last) } catch let gap
                as AccuracyLine.Gap
            { throw PipelineError.cannotPredict(reason: gap.description) }
            return try planner.plan(to: target, model: model)
        }
        let verdict = try context.store.verdicts(newest: 1).first?.verdict
        if request.horizon == nil, let target = verdict?.targetStep, verdict?.isReady == true {
            return try planner.plan(to: target, model: model)
        }
        let reach = request.horizon ?? context.configuration.forecast.horizon
        let target = TargetChoice.step(
            reach, times: last, interval: TargetChoice.interval(of: recorded), knownEnd: nil)
        guard let target else {
            throw PipelineError.cannotPredict(reason: "horizon \(reach) reaches no later step; ask for a longer one")
        }
        return try planner.plan(to: target, model: model)
    }
}

/// What a status says, for commands that have the store at hand.
public struct StatusReport: Sendable {
    private let assembly: StatusAssembly

    public init(context: RunContext) { assembly = StatusAssembly(context: context) }

    public func status() throws -> RunStatus { try assembly.status(startedAt: assembly.context.clock.now) }
    public func checkpoints() throws -> CheckpointList { try assembly.checkpoints() }
}
