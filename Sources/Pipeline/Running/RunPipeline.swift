import ConfigurationFile
import Emission
import Files
import Logging
import RunLayouts
import StatusAPI
import TrajectoryStore
import Vocabulary

/// One run's work in its order: scan, record the next checkpoint, judge, decide, publish, tell. Everything that is to be
/// done is read from the store, so that it goes on after a crash where it was, and ends with the same result.
///
/// Belongs to one thread.
public struct RunPipeline {
    private let context: RunContext
    private let layout: RunLayoutChoice
    private var scanner: RunScanner
    private var metricsFile = MetricsFileImport()
    /// Emit what is due; false for an offline look that emits what it is asked to.
    private let emits: Bool

    /// How a pass over the run ended.
    public struct PassOutcome: Sendable {
        /// When a settling checkpoint may be read, nanoseconds since 1970; nil: none is settling.
        public var nextLook: Int64?
        /// Something failed that may work later.
        public var shouldRetry = false
    }

    /// - Parameters:
    ///   - emits: false writes no prediction.
    ///   - lastStep: later checkpoints are not looked at.
    ///   - settle: nil for the rule of the folder's file system.
    /// - Throws: `LayoutError` for a layout or pattern that cannot be used; `StoreError`.
    public init(
        context: RunContext, emits: Bool = true, lastStep: TrainingStep? = nil, settle: SettleRule? = nil
    ) throws {
        self.context = context
        self.emits = emits
        layout = try RunLayoutChoice(context.configuration, calls: context.calls)
        scanner = RunScanner(
            context: context, layout: layout, settle: try settle ?? Self.settleRule(for: context))
        scanner.lastStep = lastStep
        try noteHeadline()
    }

    private static func settleRule(for context: RunContext) throws -> SettleRule {
        let kind = try FileTree(calls: context.calls).fileSystemKind(of: context.configuration.run.watch)
        return kind.isNetwork ? .networkFileSystem : .localFileSystem
    }

    /// Does everything that can be done now.
    public mutating func pass() throws -> PassOutcome {
        var outcome = PassOutcome()
        let scan = try scanner.scan()
        outcome.nextLook = scan.nextLook
        try note(scan)
        for change in scan.changed {
            context.progress.beat()
            let check = RewindCheck(context: context)
            if case .rewound = try check.compare(change.record, with: change.candidate, stamp: change.stamp) {
                try context.store.notePending(
                    scanner.seen(change.candidate, change.stamp, StampCoding.text(change.stamp)))
            }
        }
        context.signals.send()
        try metricsFile.importNew(context)
        outcome.shouldRetry = try work()
        return outcome
    }

    /// - Returns: whether something should be tried again soon.
    private mutating func work() throws -> Bool {
        try finishWhatIsDecided()
        while !context.isCancelled(), let next = try context.store.nextPending() {
            try metricsFile.importNew(context)
            let outcome = try record(next)
            context.signals.send()
            switch outcome {
            case .recorded, .rejected, .gone: try finishWhatIsDecided()
            case .unsettled, .cancelled: return true
            }
        }
        return false
    }

    private func record(_ checkpoint: CheckpointRecord) throws -> CheckpointRecorder.Outcome {
        context.progress.update { $0.activity = .recording }
        defer { context.progress.update { $0.activity = .watching } }
        let metrics = TrainerMetrics(context: context, layout: layout)
        let outcome = try CheckpointRecorder(context: context, metrics: metrics).record(checkpoint)
        report(outcome, checkpoint)
        if case .recorded = outcome { try noteHeadline() }
        if case .unsettled(let reason) = outcome {
            // Not pending any more; the next scan finds it with its new stamp.
            try context.store.markGone(checkpoint.id, reason: reason)
        }
        return outcome
    }

    private func finishWhatIsDecided() throws {
        guard emits else { return }
        _ = try EmissionDesk(context: context).decideAll()
        guard try !context.store.predictions(in: .planned).isEmpty else { return }
        context.progress.update { $0.activity = .emitting }
        defer { context.progress.update { $0.activity = .watching } }
        let failures = try PredictionPublisher(context: context).publishAll()
        for failure in failures { context.log.error("prediction not written", metadata: ["reason": "\(failure)"]) }
        context.progress.update { $0.troubles[.prediction] = failures.last }
        context.signals.send()
    }
}

extension RunPipeline {
    private func note(_ scan: RunScanner.Outcome) throws {
        if let problem = scan.problem { context.log.notice("nothing to watch yet", metadata: ["reason": "\(problem)"]) }
        context.progress.update {
            $0.unfinished = scan.unfinished
            $0.layoutNote = scan.note.isEmpty ? scan.problem : scan.note
            $0.hasScanned = true
            if $0.activity == .starting { $0.activity = .watching }
        }
    }

    private func noteHeadline() throws {
        guard let standing = try context.store.verdicts(newest: 1).first else { return }
        let confidence = (standing.verdict.confidence * 100).rounded() / 100
        let target = standing.verdict.targetStep.map { ", confidence \(confidence) for step \($0)" } ?? ""
        context.progress.update { $0.headline = "step \(standing.step) recorded\(target)" }
    }

    private func report(_ outcome: CheckpointRecorder.Outcome, _ checkpoint: CheckpointRecord) {
        let step: Logger.Metadata = ["step": "\(checkpoint.step)"]
        switch outcome {
        case .recorded:
            context.log.info("checkpoint recorded", metadata: step)
            context.progress.update { $0.troubles[.checkpoint] = nil }
        case .rejected(let reason):
            context.log.warning("checkpoint rejected", metadata: step.merging(["reason": "\(reason)"]) { $1 })
            context.progress.update {
                $0.troubles[.checkpoint] = "checkpoint \(checkpoint.step) was rejected: \(reason)"
            }
        case .gone(let reason):
            context.log.notice("checkpoint gone", metadata: step.merging(["reason": "\(reason)"]) { $1 })
        case .unsettled(let reason):
            context.log.info("checkpoint still changes", metadata: step.merging(["reason": "\(reason)"]) { $1 })
        case .cancelled:
            context.log.info("recording interrupted", metadata: step)
        }
    }
}
