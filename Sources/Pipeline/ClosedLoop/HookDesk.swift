import ConfigurationFile
import StatusAPI
import TrajectoryStore
import Vocabulary

/// Which command is due next, and what became of it, in the store.
struct HookDesk: Sendable {
    let context: RunContext

    struct Due: Sendable {
        let prediction: PredictionRecord
        let command: HookCommand
        let timeLimit: Duration
    }

    /// The oldest command that is due, noted as started. Those whose prediction is gone are skipped on the way.
    func startNext() throws -> Due? {
        for hook in try context.store.hooks(in: .due) {
            guard let prediction = try context.store.prediction(hook.prediction) else { continue }
            let emit = context.configuration.emit
            guard prediction.state == .published else {
                try skip(prediction, "prediction \(prediction.id) is \(prediction.state.rawValue)")
                continue
            }
            guard let command = HookCommand(emit.onEmit, for: prediction) else {
                try skip(prediction, "emit.on_emit is empty now")
                continue
            }
            try context.store.noteHookStart(prediction.id)
            return Due(prediction: prediction, command: command, timeLimit: emit.onEmitTimeout)
        }
        return nil
    }

    private func skip(_ prediction: PredictionRecord, _ reason: String) throws {
        try context.store.endHook(
            prediction.id, as: .skipped, seconds: nil, reason: reason, endedAt: context.clock.timestamp)
    }

    /// - Returns: the line for the status where it failed; nil where it did not, or will be run again.
    func settle(_ due: Due, _ outcome: HookProcess.Outcome) throws -> String? {
        let now = context.clock.timestamp
        guard outcome.end != .interrupted else { return nil }
        guard let reason = Self.reason(for: outcome, timeLimit: due.timeLimit) else {
            try context.store.endHook(
                due.prediction.id, as: .done, seconds: outcome.seconds, reason: nil, endedAt: now)
            return nil
        }
        let message =
            "the command after prediction \(due.prediction.id) failed: \(reason); see the log, correct emit.on_emit"
        let warning = try EventCoding.newEvent(.warning(RunEvent.Warning(message: message)), context.clock)
        try context.store.endHook(
            due.prediction.id, as: .failed, seconds: outcome.seconds, reason: reason, endedAt: now, events: [warning])
        return message
    }

    /// Nil for a command that did what it should.
    private static func reason(for outcome: HookProcess.Outcome, timeLimit: Duration) -> String? {
        let said = outcome.lastLine.map { ", saying \"\($0.prefix(200))\"" } ?? ""
        let after = "after \((outcome.seconds * 10).rounded() / 10) s"
        switch outcome.end {
        case .exited(0), .interrupted: return nil
        case .exited(let status): return "it ended with status \(status) \(after)\(said)"
        case .killed(let signal): return "signal \(signal) ended it \(after)\(said)"
        case .timedOut:
            return "it was ended at its time limit, \(DurationText.format(timeLimit)) (emit.on_emit_timeout)\(said)"
        case .notStarted(let reason): return "it could not be run: \(reason)"
        }
    }
}
