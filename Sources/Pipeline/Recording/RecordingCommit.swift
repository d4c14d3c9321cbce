import Checkpoints
import ConfigurationFile
import Files
import Forecasting
import StatusAPI
import TrajectoryStore
import Vocabulary

/// What all modules of one checkpoint say together.
struct RecordingSummary: Sendable {
    let session: RecordingSession
    let outcomes: [ModuleRecorder.Outcome]
    /// Wall-clock seconds from the first byte read.
    let seconds: Double
    let recordedAt: String

    /// Of the tracked tensors.
    var contentHash: ContentHash {
        CheckpointFingerprint.combine(
            outcomes.map { ($0.module.description(as: $0.identity.elementType), $0.identity.contentHash) })
    }

    /// Of all entries of the tracked modules, 0...1; 1 where there are none.
    var unchangedShare: Double {
        let entries = outcomes.reduce(0.0) { $0 + $1.entries }
        return entries > 0 ? outcomes.reduce(0.0) { $0 + $1.entries * $1.unchangedShare } / entries : 1
    }

    /// How often the solver went over a module's matrices, on average over the modules.
    var meanPasses: Double {
        Double(outcomes.reduce(0) { $0 + $1.passes }) / Double(max(1, outcomes.count))
    }

    /// Weights that are bit for bit those of the checkpoint before.
    var repeatedCount: Int { outcomes.count { $0.isRepeated } }

    var bytes: Int64 { outcomes.reduce(0) { $0 + Int64($1.bytes) } }

    /// `||W_t - W_0|| / ||W_0||` over all tracked modules; nil for a base of zeros.
    var relativeUpdateNorm: Double? {
        let base = outcomes.reduce(0) { $0 + $1.baseSquared }
        return base > 0 ? (outcomes.reduce(0) { $0 + $1.updateSquared } / base).squareRoot() : nil
    }

    /// Where the checkpoint lies along a registration's directions, in the store's order; empty where it has none.
    func coordinates(of registration: RegistrationID) -> [ModuleCoordinates] {
        outcomes.compactMap { $0.coordinates[registration] }.sorted { $0.module < $1.module }
    }
}

/// The end of a recording: backtests of everything registered, the judgement, the verdict, and the one transaction
/// that makes the checkpoint count.
struct RecordingCommit: Sendable {
    let context: RunContext
    let summary: RecordingSummary
    /// A checkpoint that completed after a later one is recorded too, and judges nothing.
    let isNewest: Bool
    /// Steps recorded before this one.
    let recorded: [TrainingStep]
    /// The last step that the trainer is known to make.
    let knownEnd: TrainingStep?
    /// What its log says that it trains on.
    let objective: TrainingObjective?

    private var step: TrainingStep { summary.session.step }

    func commit(_ checkpoint: CheckpointRecord) throws {
        let registrations = try context.store.registrations(in: .active).filter { $0.origin < step }
        let tests = registrations.compactMap { registration in
            backtest(registration).map { (registration: registration.id, pair: $0.pair) }
        }
        let verdict = isNewest ? try judge(tests.map(\.pair)) : .notJudged(step: step, newest: recorded.last)
        try context.store.record(
            CheckpointRecording(
                moduleCount: summary.outcomes.count, contentHash: summary.contentHash.description,
                bytes: summary.bytes, seconds: summary.seconds, recordedAt: summary.recordedAt,
                coordinates: registrations.compactMap(coordinates),
                backtests: tests.map { BacktestRecord(registration: $0.registration, $0.pair) },
                retiring: isNewest ? retiring(among: registrations) : [],
                workingSet: WorkingSet.select((recorded + [step]).sorted()), judgements: verdict.records,
                verdict: verdict.record, events: try events(checkpoint, verdict)),
            finishing: summary.session)
    }

    private func coordinates(_ registration: RegistrationRecord) -> CoordinatesRecord? {
        let values = summary.coordinates(of: registration.id).flatMap(\.atTarget)
        guard !values.isEmpty else { return nil }
        return CoordinatesRecord(registration: registration.id, values: values, isFromFactor: false)
    }

    /// Whole steps along the slope are what is tested, of a damped model too: what it then applies is less.
    private func backtest(_ registration: RegistrationRecord) -> CoordinateBacktest? {
        let coordinates = summary.coordinates(of: registration.id)
        guard !coordinates.isEmpty, let model = ModelRegistry.model(named: registration.model) else { return nil }
        return CoordinateBacktest(
            model: registration.model, rank: model.rank, origin: registration.origin, target: step,
            coordinates: coordinates)
    }

    /// Registrations whose vectors are given up, so that at most eight stay for each model.
    private func retiring(among registrations: [RegistrationRecord]) -> [RegistrationID] {
        ModelRegistry.testable.flatMap { model -> [RegistrationID] in
            let own = registrations.filter { $0.model == model.name }
            let dropped = Set(Origins.thin(registered: own.map(\.origin), adding: step).drop)
            return own.filter { dropped.contains($0.origin) }.map(\.id)
        }
    }

    private func judge(_ tests: [BacktestPair]) throws -> RunVerdict {
        let targets = recorded.suffix(ConfidenceSettings.newestTargets - 1)
        let known = try context.store.backtests(targets: Array(targets)).map(\.pair)
        let figures = TrajectoryFigures.median(of: summary.outcomes.map(\.figures))
        let halfway = summary.outcomes.compactMap(\.halfway)
        let drift = halfway.dropFirst().reduce(halfway.first) { sum, next in sum.map { $0 + next } }?.drift
        return try RunJudge(context: context).judge(
            RunJudge.Evidence(
                step: step, recorded: recorded + [step], pairs: known + tests, figures: figures,
                signs: RunSigns(drift: drift, objective: objective), relativeUpdateNorm: summary.relativeUpdateNorm,
                knownEnd: knownEnd))
    }

    private func events(_ checkpoint: CheckpointRecord, _ verdict: RunVerdict) throws -> [NewEvent] {
        let document = CheckpointDocument(
            step: step, state: .recorded, reason: nil, path: checkpoint.seen.directory, seconds: summary.seconds,
            bytes: Int(summary.bytes), accuracy: nil,
            recordedAt: WallClock.date(of: summary.recordedAt))
        let recorded = try EventCoding.newEvent(.checkpoint(document), context.clock)
        guard isNewest else { return [recorded] }
        let settings = context.configuration.confidence
        return [
            recorded,
            try EventCoding.newEvent(.forecast(verdict.summary(threshold: settings.threshold)), context.clock),
        ]
    }
}

extension BacktestRecord {
    init(registration: RegistrationID, _ pair: BacktestPair) {
        self.init(
            registration: registration, ratio: pair.ratio, realised: pair.realised, skill: pair.skill,
            sumAA: pair.sums.actualSquared, sumAP: pair.sums.actualPredicted, sumPP: pair.sums.predictedSquared,
            sumEE: pair.sums.errorSquared)
    }
}

extension BacktestPairRecord {
    /// As the confidence rule reads it. The rank is not part of the record: models have one each.
    var pair: BacktestPair {
        BacktestPair(
            model: model, rank: ModelRegistry.model(named: model)?.rank ?? 1, origin: origin, target: target,
            sums: BacktestSums(
                actualSquared: backtest.sumAA, actualPredicted: backtest.sumAP, predictedSquared: backtest.sumPP,
                errorSquared: backtest.sumEE))
    }
}
