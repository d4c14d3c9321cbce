import Checkpoints
import ConfigurationFile
import Files
import Forecasting
import LogEvents
import Logging
import RunLayouts
import StatusAPI
import TrajectoryStore
import Vocabulary
import WeightUpdates

/// Turns one pending checkpoint into a recorded one: whole, in one transaction, or not at all.
struct CheckpointRecorder: Sendable {
    let context: RunContext
    let metrics: TrainerMetrics
    /// Whether faults that may pass are waited for where the checkpoint could be recorded without what they concern.
    let isPatient: Bool

    enum Outcome: Sendable {
        case recorded
        /// Cannot be used; the row says why.
        case rejected(reason: String)
        /// Deleted before it could be read.
        case gone(reason: String)
        /// Written to while it was read: looked at again when it has settled.
        case unsettled(reason: String)
        /// It is there and cannot be read now: a fault that may pass.
        case postponed(reason: String)
        /// The daemon is being stopped.
        case cancelled
    }

    /// - Throws: `StoreError`: faults of this machine, not of the checkpoint.
    func record(_ checkpoint: CheckpointRecord) throws -> Outcome {
        let began = ContinuousClock.now
        do {
            let opened = try CheckpointOpening(base: context.base, calls: context.calls).open(checkpoint.seen.directory)
            if case .adapter(let placed) = opened { try WholeTensors(store: context.store).note(placed) }
            return try record(checkpoint, from: opened.reader(over: context.base), since: began)
        } catch let refusal as CheckpointOpening.Refusal {
            return try reject(checkpoint, refusal.description)
        } catch let error as CheckpointError {
            return try conclude(checkpoint, after: error)
        } catch let error as UpdateError {
            return try conclude(checkpoint, after: error)
        }
    }

    private func record(
        _ checkpoint: CheckpointRecord, from reader: any UpdateReader, since began: ContinuousClock.Instant
    ) throws -> Outcome {
        let modules = reader.inFileOrder(context.base.modules)
        let recorded = try context.store.recordedSteps()
        let isNewest = recorded.last.map { $0 < checkpoint.step } ?? true
        let session = try context.store.beginRecording(checkpoint.id)
        let waiting = try context.store.checkpointCounts()[.pending] ?? 1
        context.progress.begin(
            .recording, step: checkpoint.step, of: Int64(modules.count), .modules, queued: max(0, waiting - 1))
        let shares = MemoryShares(of: context.configuration.resources, for: modules.map(reader.leastBytes(of:)))
        let timing = RecordingTiming()
        let order = modules.largestFirstAtTheEnd(by: shares.width)
        let history = WorkingSet.select(recorded.filter { $0 < checkpoint.step } + [checkpoint.step]).dropLast()
        let active = try context.store.registrations(in: .active)
        let factoriser = UpdateFactoriser(rank: context.configuration.factors.rank)
        let isLocal = FileTree(calls: context.calls).isLocal(
            [context.base.source.directory, checkpoint.seen.directory])
        let worker = ModuleRecorder(
            context: context, reader: reader, session: session,
            factoriser: factoriser, history: Array(history), workingSet: WorkingSet.select(recorded),
            registering: isNewest ? try register(in: session) : [],
            active: byOrigin(active),
            repeats: RepeatedWeights(
                in: context.store, modules: modules, previous: history.last, active: active, factoriser: factoriser),
            following: isLocal ? [:] : following(order, by: shares.width),
            memory: shares.forModules(onThisMachine: isLocal),
            timing: timing)
        let outcomes = try shares.threads.map(order) { try worker.record($0) }.inOrder(of: modules)
        try reader.verifyUnchanged()
        let summary = RecordingSummary(
            session: session, outcomes: outcomes, seconds: (ContinuousClock.now - began).inSeconds,
            recordedAt: context.clock.timestamp)
        let state = try metrics.state(of: checkpoint, isPatient: isPatient)
        if let state { try metrics.store(state) }
        try RecordingCommit(
            context: context, summary: summary, isNewest: isNewest, recorded: recorded,
            knownEnd: state?.maximumStep, objective: state.flatMap(metrics.objective)
        ).commit(checkpoint)
        tell(checkpoint, summary, timing, since: began)
        return .recorded
    }

    /// Where the time went: `seconds` of wall time to the end of the commit, then thread-seconds stage by stage.
    private func tell(
        _ checkpoint: CheckpointRecord, _ summary: RecordingSummary, _ timing: RecordingTiming,
        since began: ContinuousClock.Instant
    ) {
        func text(_ seconds: Double) -> String { String((seconds * 1000).rounded() / 1000) }
        var metadata: Logger.Metadata = [
            "step": "\(checkpoint.step)", "checkpoint": "\(checkpoint.seen.directory)",
            "seconds": "\(text((ContinuousClock.now - began).inSeconds))",
            "unchanged": "\(text(summary.unchangedShare))", "passes": "\(text(summary.meanPasses))",
            "repeated": "\(summary.repeatedCount)",
        ]
        for (stage, seconds) in timing.seconds { metadata["\(stage)"] = "\(text(seconds))" }
        context.log.tell(.checkpointRecorded, nil, metadata)
    }

    /// Registrations whose forecasts are still held against what comes, one group for each origin.
    private func byOrigin(_ active: [RegistrationRecord]) -> [[RegistrationID]] {
        Dictionary(grouping: active, by: \.originID).sorted { $0.key < $1.key }.map { $1.map(\.id).sorted() }
    }

    /// While a thread works on a module, the network brings the next one that no thread has taken. The kernel reads ahead by
    /// itself from this machine's disks, in larger pages than those it is told of (docs/decisions/0049).
    private func following(_ modules: [Module], by count: Int) -> [TensorName: Module] {
        Dictionary(
            zip(modules, modules.dropFirst(count)).map { ($0.name, $1) }, uniquingKeysWith: { first, _ in first })
    }

    private func register(
        in session: RecordingSession
    ) throws -> [(model: any TrajectoryModel, registration: RegistrationID)] {
        try ModelRegistry.testable.map { model in
            (model, try context.store.stageRegistration(of: model.name, isFromFactor: false, in: session))
        }
    }
}

extension CheckpointRecorder {
    private func conclude(_ checkpoint: CheckpointRecord, after error: CheckpointError) throws -> Outcome {
        switch error.severity {
        case .vanished where try isThere(checkpoint): return try postpone(checkpoint, error.description)
        case .vanished:
            try context.store.markGone(
                checkpoint.id, reason: error.description, events: [event(checkpoint, .gone, error.description)])
            return .gone(reason: error.description)
        case .unsettled:
            // Not pending any more; the next scan finds it with its new stamp.
            try context.store.markGone(checkpoint.id, reason: error.description)
            return .unsettled(reason: error.description)
        case .unusable: return try reject(checkpoint, error.description)
        case .forbidden, .system: return try postpone(checkpoint, error.description)
        }
    }

    /// A file server that restarts says of files that they are gone (ESTALE) while their folder is there. Where even that
    /// cannot be said, the next try will tell.
    private func isThere(_ checkpoint: CheckpointRecord) throws -> Bool {
        do {
            return try FileTree(calls: context.calls).status(of: checkpoint.seen.directory, followingLinks: true) != nil
        } catch { return true }
    }

    private func postpone(_ checkpoint: CheckpointRecord, _ reason: String) throws -> Outcome {
        try context.store.postpone(checkpoint.id, reason: reason)
        return .postponed(reason: reason)
    }

    private func conclude(_ checkpoint: CheckpointRecord, after error: UpdateError) throws -> Outcome {
        switch error {
        case .cancelled: return .cancelled
        case .unreadable(_, let cause): return try conclude(checkpoint, after: cause)
        case .nonFinite, .decomposition: return try reject(checkpoint, error.description)
        }
    }

    private func reject(_ checkpoint: CheckpointRecord, _ reason: String) throws -> Outcome {
        try context.store.markRejected(
            checkpoint.id, reason: reason, events: [event(checkpoint, .rejected, reason)])
        return .rejected(reason: reason)
    }

    private func event(
        _ checkpoint: CheckpointRecord, _ state: CheckpointDocument.State, _ reason: String
    ) throws -> NewEvent {
        let document = CheckpointDocument(
            step: checkpoint.step, state: state, reason: reason, path: checkpoint.seen.directory, seconds: nil,
            bytes: nil, accuracy: nil, recordedAt: nil)
        return try EventCoding.newEvent(state == .rejected ? .rejected(document) : .checkpoint(document), context.clock)
    }
}

extension Duration {
    /// As a number of seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
