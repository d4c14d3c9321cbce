import ConfigurationFile
import Emission
import Files
import Foundation
import StatusAPI
import TrajectoryStore
import Vocabulary

/// `GET /metrics`: the store's counts and newest figures, and what the daemon is doing. Everything that rises is counted
/// from the store, so that a restart resets nothing. No label takes values that grow with the run.
struct MetricsAssembly: Sendable {
    let context: RunContext

    func metrics(startedAt: Date) throws -> RunMetrics {
        let progress = context.progress.snapshot
        let families =
            daemon(progress, startedAt) + (try starts()) + (try checkpoints(progress)) + (try forecast())
            + (try accuracies()) + (try predictions()) + (try places())
        return RunMetrics(run: context.configuration.run.name, families: families)
    }

    private func daemon(_ progress: RunProgress.Snapshot, _ startedAt: Date) -> [MetricFamily] {
        let build = MetricFamily(
            "alpharl_build_info", "Always 1; the label is the version of the daemon.", .gauge,
            [.init(1, .init("version", context.program.version))])
        let state = StatusAssembly.state(of: progress)
        let share = progress.work.map { $0.total > 0 ? Double($0.done) / Double($0.total) : 0 }
        return [
            build,
            .gauge("alpharl_start_time_seconds", "When the daemon started.", startedAt.timeIntervalSince1970),
            .gauge("alpharl_ready", "1 once the first scan has finished.", progress.hasScanned ? 1 : 0),
            .gauge(
                "alpharl_state", "1 for what the daemon is doing, 0 for the others.", by: "state",
                RunStatus.State.allCases.map { ($0.rawValue, $0 == state ? 1 : 0) }),
            .gauge(
                "alpharl_problem", "1 while this kind of thing fails; /v1/status says how.", by: "kind",
                RunProgress.Trouble.allCases.map { ($0.rawValue, progress.troubles[$0] != nil ? 1 : 0) }),
            .counter(
                "alpharl_heartbeats_total", "Rises while the run's loop turns, at least once a minute.",
                Double(progress.heartbeats)),
            .gauge(
                "alpharl_work_done_ratio", "How much of the checkpoint or prediction at work is done, 0 to 1.", share),
            .gauge(
                "alpharl_config_last_reload_successful", "0 when the configuration was refused at its last reload.",
                progress.isReloadRefused ? 0 : 1),
        ]
    }

    private func starts() throws -> [MetricFamily] {
        let ledger = StartLedger(store: context.store)
        return [
            .counter("alpharl_starts_total", "Starts of a daemon on this store.", Double(try ledger.starts)),
            .counter(
                "alpharl_unclean_ends_total",
                "Daemons on this store that ended without saying so: by the watchdog, a crash, SIGKILL or a lost machine.",
                Double(try ledger.uncleanEnds)),
            .counter(
                "alpharl_watchdog_ends_total",
                "Of the unclean ends those where systemd's watchdog ended a daemon that hung.",
                Double(try ledger.watchdogEnds)),
            .counter(
                "alpharl_events_total", "Events recorded; /v1/events tells them.",
                Double(try context.store.eventRange()?.upperBound ?? 0)),
        ]
    }

    private func places() throws -> [MetricFamily] {
        let tree = FileTree(calls: context.calls)
        let configuration = context.configuration
        let free = try [("predictions", configuration.emit.directory), ("store", configuration.store.path)].map {
            ($0.0, Double(try tree.availableBytes(at: $0.1)))
        }
        return [
            .gauge(
                "alpharl_filesystem_avail_bytes", "Room left where predictions and the store are written.",
                by: "place", free),
            .gauge(
                "alpharl_store_bytes", "Size of the store's file.",
                try tree.status(of: configuration.store.path, followingLinks: true).map { Double($0.identity.size) }),
        ]
    }
}

// MARK: - What was seen

extension MetricsAssembly {
    /// Upper ends in seconds, from a toy to a large model on a busy disk.
    private static let durations: [Double] = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800]

    private func checkpoints(_ progress: RunProgress.Snapshot) throws -> [MetricFamily] {
        let all = try context.store.checkpoints()
        let counts = Dictionary(grouping: all, by: \.state).mapValues(\.count)
        let recorded = all.filter { $0.state == .recorded }
        let newest = recorded.max { $0.step < $1.step }
        let unfinished = progress.unfinished.count
        return [
            .gauge(
                "alpharl_checkpoints", "Checkpoints in each state.", by: "state",
                CheckpointState.allCases.map { state in
                    (state.rawValue, Double((counts[state] ?? 0) + (state == .pending ? unfinished : 0)))
                }),
            .gauge(
                "alpharl_last_recorded_step", "Step of the newest recorded checkpoint.",
                newest.map { Double($0.step.value) }),
            .gauge(
                "alpharl_last_recorded_timestamp_seconds", "When a checkpoint was last recorded.",
                recorded.compactMap(\.recordedAt).max().flatMap(WallClock.date(of:))?.timeIntervalSince1970),
            .gauge(
                "alpharl_last_checkpoint_bytes", "Bytes of weights of the newest recorded checkpoint.",
                newest?.seen.bytes.map(Double.init)),
            .histogram(
                "alpharl_recording_duration_seconds", "From the first byte of a checkpoint read to its record.",
                bounds: Self.durations, all.compactMap(\.seconds)),
            .gauge("alpharl_tracked_modules", "Tracked modules.", Double(context.base.modules.count)),
        ]
    }

    private func accuracies() throws -> [MetricFamily] {
        let known = try MeasuredAccuracies(context: context).known()
        return [
            .gauge("alpharl_accuracy", "The run's own newest accuracy, in its own scale.", known.last?.value),
            .gauge(
                "alpharl_accuracy_step", "The step of the run's newest accuracy.",
                known.last.map { Double($0.step.value) }),
        ]
    }
}

// MARK: - What was forecast and emitted

extension MetricsAssembly {
    private func forecast() throws -> [MetricFamily] {
        let judged = try StoredAnswers(context: context).newestJudgement()
        let forecast = judged?.forecast
        let figures = judged?.detail
        return [
            .gauge(
                "alpharl_energy_share_ratio", "Energy of the update in its first factor, median of the modules.",
                figures?.energyShare),
            .gauge(
                "alpharl_direction_cosine", "Cosine between the last two rank-1 parts, median of the modules.",
                figures?.directionCosine),
            .gauge(
                "alpharl_linearity_r2", "R2 of a line through the rank-1 parts, median of the modules.",
                figures?.linearityR2),
            .gauge("alpharl_confidence_ratio", "Confidence in the next forecast, 0 to 1.", forecast?.confidence),
            .gauge(
                "alpharl_confidence_threshold_ratio", "What the confidence has to reach, 0 to 1.",
                context.configuration.confidence.threshold),
            .gauge(
                "alpharl_skill_ratio", "Past forecasts against keeping the checkpoint: 1 perfect, 0 no better.",
                forecast?.skill),
            .gauge("alpharl_realised_ratio", "Share of the predicted movement that happened.", forecast?.realised),
            .gauge("alpharl_horizon_ratio", "Target step of the next forecast over the last step.", forecast?.horizon),
            .gauge(
                "alpharl_proven_horizon_ratio", "Largest tested horizon at or above the threshold.",
                forecast?.provenHorizon),
            .gauge(
                "alpharl_forecast_target_step", "The step that would be predicted next.",
                forecast?.targetStep.map { Double($0.value) }),
            .gauge(
                "alpharl_forecast_ready", "1 while the next forecast may be emitted.", forecast?.ready == true ? 1 : 0),
        ]
    }

    private func predictions() throws -> [MetricFamily] {
        let all = try context.store.predictions()
        let counts = Dictionary(grouping: all, by: \.state).mapValues(\.count)
        let emitted = all.filter { $0.emittedAt != nil }
        let newest = emitted.last
        let commands = Dictionary(grouping: try context.store.hooks(), by: \.state).mapValues(\.count)
        return [
            .gauge(
                "alpharl_predictions", "Predictions in each state.", by: "state",
                PredictionState.allCases.map { ($0.rawValue, Double(counts[$0] ?? 0)) }),
            .counter(
                "alpharl_predictions_emitted_total", "Predictions that were written, removed ones too.",
                Double(emitted.count)),
            .gauge(
                "alpharl_last_prediction_step", "The step that the newest prediction predicts.",
                newest.map { Double($0.plan.targetStep.value) }),
            .gauge(
                "alpharl_last_prediction_timestamp_seconds", "When the newest prediction was written.",
                newest?.emittedAt.flatMap(WallClock.date(of:))?.timeIntervalSince1970),
            .gauge(
                "alpharl_last_prediction_accuracy", "What somebody measured of the newest prediction.",
                newest?.accuracy),
            .gauge(
                "alpharl_commands", "Commands after predictions, in each state.", by: "state",
                HookState.allCases.map { ($0.rawValue, Double(commands[$0] ?? 0)) }),
        ]
    }
}
