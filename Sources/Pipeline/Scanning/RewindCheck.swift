import Checkpoints
import ConfigurationFile
import Files
import LogEvents
import Logging
import RunLayouts
import StatusAPI
import TrajectoryStore
import Vocabulary

/// A recorded checkpoint whose files are others now: touched or copied, or written again with other content. Only the
/// latter is a rewind, which ends the old trajectory at that step.
struct RewindCheck: Sendable {
    let context: RunContext

    enum Finding: Sendable {
        case sameContent
        case rewound
        /// The trainer has written the step in another folder too, in another form: the content is to be recorded from
        /// there. No rewind: what came before stands.
        case writtenTwice
        /// It could not be read, or changed while it was read: looked at again later.
        case unclear(reason: String)
    }

    func compare(
        _ record: CheckpointRecord, with candidate: CheckpointCandidate, stamp: CheckpointStamp
    ) throws -> Finding {
        let content: String
        do { content = try contentHash(of: candidate.directory) } catch is CheckpointOpening.Refusal {
            content = "unusable"
        } catch let error as CheckpointError {
            switch error.severity {
            case .vanished, .unsettled, .forbidden, .system: return .unclear(reason: error.description)
            case .unusable: content = "unusable"
            }
        }
        guard content != record.contentHash else {
            try context.store.updateStamp(
                record.id, stamp: StampCoding.text(stamp), directory: candidate.directory)
            return .sameContent
        }
        if try isStillThere(record, besides: candidate) {
            try context.store.supersede(
                from: record.step,
                reason: "the trainer wrote this step in another form too, which is read from here on: "
                    + candidate.directory)
            return .writtenTwice
        }
        try rewind(to: record.step)
        return .rewound
    }

    /// Whether what was recorded lies, as it was, in another folder than what counts now.
    private func isStillThere(_ record: CheckpointRecord, besides candidate: CheckpointCandidate) throws -> Bool {
        guard record.seen.directory != candidate.directory else { return false }
        let recorded = try StampCoding.stamp(record.seen.stamp).files
        let tree = FileTree(calls: context.calls)
        for (name, identity) in recorded {
            let path = FileTree.join(record.seen.directory, name)
            guard try tree.status(of: path, followingLinks: true)?.identity == identity else { return false }
        }
        return !recorded.isEmpty
    }

    private func rewind(to step: TrainingStep) throws {
        let last = try context.store.recordedSteps().last ?? step
        let event = try EventCoding.newEvent(
            .rewind(RunEvent.Rewind(fromStep: last, toStep: step)), context.clock)
        let reason = "the run went back to step \(step), which now has other content"
        try context.store.supersede(from: step, reason: reason, events: [event])
        context.log.tell(.runRewound, nil, ["step": "\(step)", "from": "\(last)"])
    }

    /// As `RecordingSummary.contentHash` has it.
    private func contentHash(of directory: String) throws -> String {
        let reader = try CheckpointOpening(base: context.base, calls: context.calls).open(directory)
            .reader(over: context.base)
        let threads = WorkerThreads(width: context.configuration.resources.threads)
        let hashes = try threads.map(reader.inFileOrder(context.base.modules)) { module in
            let identity = try reader.identity(of: module)
            return (module.description(as: identity.elementType), identity.contentHash)
        }
        try reader.verifyUnchanged()
        return CheckpointFingerprint.combine(hashes).description
    }
}

extension Module {
    /// As a checkpoint's header describes it.
    func description(as elementType: ElementType) -> TensorDescription {
        TensorDescription(name: name, elementType: elementType, shape: [rows, columns])
    }
}
