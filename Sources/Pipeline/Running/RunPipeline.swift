import ConfigurationFile
import Emission
import Files
import LogEvents
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
    private let storePlace: StorePlace
    private var scanner: RunScanner
    private var metrics = MetricsImport()
    /// The run's layout, as the last scan found it.
    private var layoutName: LayoutName?
    private var retries = RetryBook<PostponedWork>()
    /// Emit what is due; false for an offline look that emits what it is asked to.
    private let emits: Bool
    /// Why there was nothing to watch, as it was said last.
    private var toldProblem: String?
    /// Which checkpoints could not be looked at and why, as it was said last.
    private var toldUnseen: [TrainingStep: String] = [:]

    /// How a pass over the run ended.
    public struct PassOutcome: Sendable {
        /// When a settling checkpoint may be read, nanoseconds since 1970; nil: none is settling.
        public var nextLook: Int64?
        /// Something changed meanwhile: look again soon.
        public var shouldRetry = false
        /// How long until what failed by a fault that may pass is tried again; nil: nothing waits.
        public var nextRetry: Duration?
        /// All that waits has failed so often that somebody has to look after it.
        public var isStuck = false
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
        storePlace = StorePlace(of: context.store.path, calls: context.calls)
        layout = try RunLayoutChoice(context.configuration, calls: context.calls)
        scanner = RunScanner(
            context: context, layout: layout, settle: settle ?? Self.settleRule(for: context))
        scanner.lastStep = lastStep
        try noteHeadline()
    }

    private static func settleRule(for context: RunContext) -> SettleRule {
        do {
            let kind = try FileTree(calls: context.calls).fileSystemKind(of: context.configuration.run.watch)
            return kind.isNetwork ? .networkFileSystem : .localFileSystem
        } catch {
            // A file server that does not answer now is no reason not to start; it is one to be patient.
            context.log.tell(.fileSystemUnknown, nil, ["reason": "\(error)"])
            return .networkFileSystem
        }
    }

    /// Does everything that can be done now.
    public mutating func pass() throws -> PassOutcome {
        var outcome = PassOutcome()
        try storePlace.requireInPlace()
        let scan = try scanner.scan(leaving: retries.waiting(at: context.steady.now))
        outcome.nextLook = scan.nextLook
        layoutName = scan.layout ?? layoutName
        try note(scan)
        noteUnseen(scan.unseen)
        for change in scan.changed { try compare(change) }
        context.signals.send()
        try importMetrics()
        outcome.shouldRetry = try work()
        outcome.nextRetry = retries.wait(at: context.steady.now)
        outcome.isStuck = retries.isHopeless
        return outcome
    }

    /// What could not be looked at holds what comes after it, for as long as a fault that passes may last.
    private mutating func noteUnseen(_ steps: [TrainingStep]) {
        let unseen = Set(steps.map { PostponedWork.look(step: $0) })
        _ = retries.forget { $0.isLook && !unseen.contains($0) }
        for work in unseen where !retries.isWaiting(work, at: context.steady.now) {
            retries.noteFailure(of: work, at: context.steady.now)
        }
    }

    private mutating func compare(_ change: RunScanner.Change) throws {
        context.progress.beat()
        let work = PostponedWork.checkpoint(step: change.record.step, stamp: try StampCoding.text(change.stamp))
        let pending = try context.store.checkpoints(in: .pending).filter { $0.step > change.record.step }
        switch try RewindCheck(context: context).compare(
            change.record, with: change.candidate, stamp: change.stamp)
        {
        case .sameContent: retries.forget(work)
        case .rewound, .writtenTwice:
            retries.forget(work)
            try context.store.notePending(scanner.seen(change.candidate, change.stamp, StampCoding.text(change.stamp)))
            // What was written since then belongs to the new trajectory.
            for later in pending
            where try StampCoding.stamp(later.seen.stamp).newestModification >= change.stamp.newestModification {
                try context.store.notePending(later.seen)
            }
        case .unclear(let reason):
            context.log.tell(
                .checkpointUncompared, nil, ["step": "\(change.record.step)", "reason": "\(reason)"])
            retries.noteFailure(of: work, at: context.steady.now)
        }
    }

    /// - Returns: whether something should be tried again soon.
    private mutating func work() throws -> Bool {
        defer { context.progress.finish() }
        try finishWhatIsDecided()
        while !context.isCancelled(), let next = try nextCheckpoint() {
            try storePlace.requireInPlace()
            try importMetrics()
            let outcome = try record(next)
            context.signals.send()
            switch outcome {
            case .recorded, .rejected, .gone:
                retries.forget(PostponedWork(next))
                try finishWhatIsDecided()
                try context.store.moveLogIntoFile()
            case .postponed: retries.noteFailure(of: PostponedWork(next), at: context.steady.now)
            case .unsettled:
                retries.noteFailure(of: PostponedWork(next), at: context.steady.now)
                return true
            case .cancelled: return true
            }
        }
        return false
    }

    private mutating func importMetrics() throws {
        try metrics.importNew(context, layout: layoutName)
        let problem = metrics.problem
        if context.progress.snapshot.metricsProblem != problem {
            context.progress.update { $0.metricsProblem = problem }
        }
    }

    /// The next in step order, so that a fault that passes changes nothing. One that failed again and again is stepped
    /// over: it is recorded late, and judges nothing then.
    private func nextCheckpoint() throws -> CheckpointRecord? {
        let waiting = retries.waiting(at: context.steady.now)
        let (lasting, passing) = (waiting.filter(retries.isLasting), waiting.filter { !retries.isLasting($0) })
        let steppedOver =
            lasting.isEmpty
            ? []
            : try context.store.checkpoints(in: .pending).filter {
                lasting.contains(PostponedWork($0))
            }
        guard let next = try context.store.nextPending(except: Set(steppedOver.map(\.id))) else { return nil }
        return passing.contains { $0.holds(next.step) } ? nil : next
    }

    private func record(_ checkpoint: CheckpointRecord) throws -> CheckpointRecorder.Outcome {
        context.progress.update { $0.activity = .recording }
        defer { context.progress.update { $0.activity = .watching } }
        let metrics = TrainerMetrics(context: context, layout: layout)
        let recorder = CheckpointRecorder(
            context: context, metrics: metrics, isPatient: !retries.isLasting(PostponedWork(checkpoint)))
        let outcome = try recorder.record(checkpoint)
        report(outcome, checkpoint)
        if case .recorded = outcome { try noteHeadline() }
        return outcome
    }

    private mutating func finishWhatIsDecided() throws {
        guard emits else { return }
        _ = try EmissionDesk(context: context).decideAll()
        let planned = try context.store.predictions(in: .planned)
        let left = Set(planned.map { PostponedWork.prediction($0.id) })
        if retries.forget(where: { $0.isPrediction && !left.contains($0) }) {
            context.progress.update { $0.troubles[.prediction] = nil }  // A rewind took it back.
        }
        let due = inOrder(planned)
        guard !due.isEmpty else { return }
        context.progress.update { $0.activity = .emitting }
        defer { context.progress.update { $0.activity = .watching } }
        var reason: String?
        for record in due where !context.isCancelled() {
            let work = PostponedWork.prediction(record.id)
            let failure = try PredictionPublisher(context: context).publish(record)
            if let failure { context.log.tell(.predictionFailed, nil, ["reason": "\(failure.reason)"]) }
            reason = failure?.reason ?? reason
            guard let failure, failure.mayPass else {
                retries.forget(work)
                continue
            }
            retries.noteFailure(of: work, at: context.steady.now)
            if !retries.isLasting(work) { break }
        }
        context.progress.update { $0.troubles[.prediction] = reason }
        context.signals.send()
    }

    /// Those whose time has come. One that failed a moment ago is waited for, so that a fault that passes does not change
    /// which prediction is the newest; one that failed again and again is not.
    private func inOrder(_ planned: [PredictionRecord]) -> [PredictionRecord] {
        let now = context.steady.now
        let held = planned.prefix {
            let work = PostponedWork.prediction($0.id)
            return !retries.isWaiting(work, at: now) || retries.isLasting(work)
        }
        return held.filter { !retries.isWaiting(.prediction($0.id), at: now) }
    }
}

extension RunPipeline {
    private mutating func note(_ scan: RunScanner.Outcome) throws {
        if let problem = scan.problem, problem != toldProblem {
            context.log.tell(.nothingToWatch, nil, ["reason": "\(problem)"])
        }
        toldProblem = scan.problem
        for found in scan.refused { reportRejected(found.step, found.directory, found.reason) }
        reportUnseen(scan)
        context.progress.update {
            $0.troubles[.folder] = scan.isFault ? scan.problem : nil
            $0.unfinished = scan.unfinished
            $0.layoutName = scan.layout?.text
            $0.layoutNote = scan.note.isEmpty ? scan.problem : scan.note
            $0.form = scan.form
            $0.hasScanned = true
            if $0.activity == .starting { $0.activity = .watching }
        }
    }

    /// What the daemon may not read is said once, and stands in the status for as long as it is so.
    private mutating func reportUnseen(_ scan: RunScanner.Outcome) {
        let unseen = scan.unfinished.filter { scan.unseen.contains($0.step) }
        for found in unseen where toldUnseen[found.step] != found.reason {
            context.log.tell(
                .checkpointPostponed, nil,
                ["step": "\(found.step)", "checkpoint": "\(found.directory)", "reason": "\(found.reason)"])
        }
        if let found = unseen.last {
            let line = "the checkpoint of step \(found.step) cannot be recorded yet: \(found.reason)"
            context.progress.update { $0.troubles[.checkpoint] = line }
        } else if !toldUnseen.isEmpty {
            context.progress.update { $0.troubles[.checkpoint] = nil }
        }
        toldUnseen = Dictionary(unseen.map { ($0.step, $0.reason) }, uniquingKeysWith: { first, _ in first })
    }

    private func reportRejected(_ step: TrainingStep, _ directory: String, _ reason: String) {
        context.log.tell(
            .checkpointRejected, nil, ["step": "\(step)", "checkpoint": "\(directory)", "reason": "\(reason)"])
        context.progress.update {
            $0.troubles[.checkpoint] = "the checkpoint of step \(step) was rejected: \(reason)"
        }
    }

    private func noteHeadline() throws {
        guard let standing = try context.store.verdicts(newest: 1).first else { return }
        let confidence = (standing.verdict.confidence * 100).rounded() / 100
        let target = standing.verdict.targetStep.map { ", confidence \(confidence) for step \($0)" } ?? ""
        context.progress.update { $0.headline = "step \(standing.step) recorded\(target)" }
    }

    private func report(_ outcome: CheckpointRecorder.Outcome, _ checkpoint: CheckpointRecord) {
        let subject: Logger.Metadata = ["step": "\(checkpoint.step)", "checkpoint": "\(checkpoint.seen.directory)"]
        let because = { (reason: String) in subject.merging(["reason": "\(reason)"]) { $1 } }
        switch outcome {
        case .recorded:
            context.progress.update { $0.troubles[.checkpoint] = nil }
        case .rejected(let reason):
            reportRejected(checkpoint.step, checkpoint.seen.directory, reason)
        case .gone(let reason):
            context.log.tell(.checkpointGone, nil, because(reason))
        case .unsettled(let reason):
            context.log.tell(.checkpointUnsettled, nil, because(reason))
        case .postponed(let reason):
            context.log.tell(.checkpointPostponed, nil, because(reason))
            context.progress.update {
                $0.troubles[.checkpoint] = "the checkpoint of step \(checkpoint.step) cannot be recorded yet: \(reason)"
            }
        case .cancelled:
            context.log.tell(.recordingInterrupted, nil, subject)
        }
    }
}
