import Checkpoints
import ConfigurationFile
import Files
import LogEvents
import Logging
import RunLayouts
import TrajectoryStore
import Vocabulary

/// What the trainer wrote beside a checkpoint: how far the run is meant to go, and accuracies.
struct TrainerMetrics: Sendable {
    let context: RunContext
    let layout: RunLayoutChoice

    /// Nil where the trainer does not say, or where its file cannot be read for long or understood, which is no reason to
    /// leave the weights.
    ///
    /// - Parameter isPatient: a fault that may pass is thrown, so that the checkpoint is recorded with all that is known.
    func state(of checkpoint: CheckpointRecord, isPatient: Bool) throws(CheckpointError) -> TrainerState? {
        guard let layout = layout.layout(named: checkpoint.seen.layout) else { return nil }
        let candidate = CheckpointCandidate(
            step: checkpoint.step, directory: checkpoint.seen.directory, root: checkpoint.seen.directory,
            layout: layout.name)
        do { return try layout.trainerState(of: candidate) } catch {
            if case .unreadableLog = error {
                context.log.tell(.metricsFile, nil, ["step": "\(checkpoint.step)", "reason": "\(error)"])
                return nil
            }
            if case .file(let fault) = error, isPatient, fault.mayPass { throw .file(fault) }
            context.log.tell(.noTrainerState, nil, ["step": "\(checkpoint.step)", "reason": "\(error)"])
            return nil
        }
    }

    /// What the log says that the run is trained on; nil where it does not tell, or where it is not to be read.
    func objective(_ state: TrainerState) -> TrainingObjective? {
        readsLog ? LoggedObjective.objective(of: state.names) : nil
    }

    private var readsLog: Bool {
        switch context.configuration.metrics.source {
        case .auto, .trainerState: true
        default: false
        }
    }

    /// Keeps our own copy of the accuracies and rewards in a trainer's log.
    func store(_ state: TrainerState) throws {
        guard readsLog else { return }
        let names = LoggedNames(among: state.names, wanted: context.configuration.metrics.key)
        try context.store.append(
            names.keys.flatMap { key, name in
                state.series(name).compactMap { row in
                    MetricRecord(
                        step: row.step, key: key, value: row.value, source: "\(state.origin): \(name)", context)
                }
            })
    }
}
