import Checkpoints
import ConfigurationFile
import Emission
import Files
import Forecasting
import Foundation
import LogEvents
import Logging
import StatusAPI
import TrajectoryStore
import Vocabulary

/// Writes what is queued. A prediction that a crash interrupted is found queued again and written to the same bytes.
struct PredictionPublisher: Sendable {
    let context: RunContext

    struct Failure: Sendable {
        let id: PredictionID
        let reason: String
        /// It stays queued: the disk may have room again, the file server may come back.
        let mayPass: Bool
    }

    /// Writes a queued prediction; one that fails is marked, with the reason.
    func publish(_ record: PredictionRecord) throws -> Failure? {
        if let later = try overtaking(record) {
            let reason =
                "not written: the prediction from step \(later.fromStep) was published before this one could be; ask for "
                + "this one if it matters"
            return try note(record, reason, mayPass: false)
        }
        do {
            let planner = ForecastPlanner(context: context)
            let plan = try planner.plan(to: record.plan.targetStep, from: record.fromStep, model: record.plan.model)
            let published = try write(plan, record)
            try settle(record, published)
            return nil
        } catch let error as EmissionError {
            return try note(record, error.description, mayPass: error.mayPass)
        } catch let error as PipelineError {
            return try note(record, error.description, mayPass: false)
        } catch let error as CheckpointError {
            return try note(record, error.description, mayPass: error.severity != .unusable)
        } catch let error as FileError {
            return try note(record, error.description, mayPass: error.mayPass)
        }
    }

    /// What was published of a later checkpoint while this one could not be written: an older one that came after it would
    /// take its place as the newest.
    private func overtaking(_ record: PredictionRecord) throws -> PredictionRecord? {
        guard record.plan.requestedBy == "policy" else { return nil }
        return try context.store.predictions(in: .published).last {
            $0.plan.requestedBy == "policy" && $0.fromStep > record.fromStep
        }
    }

    /// Writes a plan to disk, in the form that was asked for.
    func write(_ plan: ForecastPlan, _ record: PredictionRecord) throws -> PublishedPrediction {
        let composed = try PredictionComposer(context: context).compose(plan)
        let provenance = PredictionProvenance(
            run: context.configuration.run.name, baseFingerprint: context.base.fingerprint.description,
            targetStep: plan.target, fromStep: plan.from.step, sourceSteps: composed.sourceSteps,
            model: plan.model.name, anchor: plan.model.anchor, horizon: plan.horizon,
            confidence: record.plan.confidence, confidenceParts: plan.parts, isForced: record.plan.isForced)
        let progress = context.progress
        var builder = PredictedCheckpointBuilder(
            settings: EmissionSettings(context.configuration), program: context.program,
            calls: context.calls.observingWrites { progress.advance(by: Int64($0)) })
        builder.announce = { progress.begin(.emitting, step: plan.target, of: $0, .bytes) }
        defer { progress.finish() }
        try makeRoom(for: record)
        if record.plan.requestedBy == "policy" { try builder.withdrawForgotten(provenance, as: record.plan.format) }
        switch record.plan.format {
        case .full: return try builder.publish(fullForm(of: plan, composed, provenance))
        case .adapter: return try builder.publish(adapterForm(of: plan, composed, provenance))
        }
    }

    private func fullForm(
        of plan: ForecastPlan, _ composed: ComposedPrediction, _ provenance: PredictionProvenance
    ) throws -> Emission.PredictionRequest {
        let (latest, step) = try newestAvailable(upTo: plan.from)
        let isAnchored = plan.model.anchor == .checkpoint
        let composition: WeightComposition
        switch latest {
        case .weights(let source):
            composition = WeightComposition(
                anchor: isAnchored ? source : context.base.source, latest: source, base: context.base.source,
                displacement: composed.displacement, updateMultiple: composed.updateMultiple)
        case .adapter(let placed):
            composition = try anchor(placed).composition(
                moving: composed.displacement, multiple: isAnchored ? 1 : composed.updateMultiple,
                others: context.configuration.emit.otherTensors)
        }
        return Emission.PredictionRequest(
            provenance: provenance, composition: composition, anchorStep: step,
            sideFolders: latest.sideFolders + [context.base.source.directory], createdAt: context.clock.now)
    }

    private func adapterForm(
        of plan: ForecastPlan, _ composed: ComposedPrediction, _ provenance: PredictionProvenance
    ) throws -> AdapterRequest {
        if let objection = try WholeTensors(store: context.store).objection() {
            throw PipelineError.cannotPredict(reason: objection)
        }
        let (updates, rank) = try AdapterComposer(context: context).compose(
            plan, composed, start: try adapter(of: plan.from).map(anchor))
        return AdapterRequest(
            provenance: provenance, updates: updates, rank: rank, base: context.base.source,
            anchorStep: plan.model.anchor == .checkpoint ? plan.from.step : TrainingStep(0),
            createdAt: context.clock.now)
    }

    private func anchor(_ placed: PlacedAdapter) -> AdapterAnchor {
        AdapterAnchor(
            placed: placed, base: context.base,
            threads: WorkerThreads(width: context.configuration.resources.threads))
    }

    /// The checkpoint, where it is an adapter and still there.
    private func adapter(of checkpoint: CheckpointRecord) throws -> PlacedAdapter? {
        do {
            let adapter = try LowRankAdapter.open(directory: checkpoint.seen.directory, calls: context.calls)
            return try adapter?.placed(on: context.base.source)
        } catch {
            guard try isLeft(checkpoint, after: error) else { throw error }
            return nil
        }
    }

    /// The checkpoint that the plan starts from or, where the trainer has deleted it, the newest before it that is left.
    private func newestAvailable(
        upTo checkpoint: CheckpointRecord
    ) throws -> (checkpoint: OpenedCheckpoint, step: TrainingStep) {
        let candidates = try context.store.checkpoints(in: .recorded).filter { $0.step <= checkpoint.step }
        var vanished: CheckpointError?
        for candidate in candidates.sorted(by: { $0.step > $1.step }) {
            do {
                let opening = CheckpointOpening(base: context.base, calls: context.calls)
                return (try opening.open(candidate.seen.directory), candidate.step)
            } catch let refusal as CheckpointOpening.Refusal {
                throw PipelineError.cannotPredict(reason: refusal.description)
            } catch let error as CheckpointError {
                guard try isLeft(candidate, after: error) else { throw error }
                vanished = vanished ?? error
            }
        }
        throw PipelineError.cannotPredict(
            reason:
                "no recorded checkpoint is left on disk to start from (\(vanished?.description ?? "none is recorded")); "
                + "keep at least the newest one, or ask for a whole model")
    }

    /// Whether the trainer has deleted a checkpoint or is writing it again, so that an older one has to do. A file server
    /// that restarts says of files that they are gone (ESTALE) while their folder is there: that passes.
    private func isLeft(_ checkpoint: CheckpointRecord, after error: CheckpointError) throws(FileError) -> Bool {
        guard error.isVanished else { return error.severity == .unsettled }
        return try FileTree(calls: context.calls).status(of: checkpoint.seen.directory, followingLinks: true) == nil
    }

    /// Those whose folders went come first: a crash in between finds this one planned, and comes here again.
    private func settle(_ record: PredictionRecord, _ published: PublishedPrediction) throws {
        let manifest = String(decoding: try published.manifest.encoded(), as: UTF8.self)
        let tree = FileTree(calls: context.calls)
        for other in try context.store.predictions(in: .published) where try tree.status(of: other.plan.path) == nil {
            try context.store.markRemoved(
                other.id, reason: "not on disk any more; the newest \(context.configuration.emit.keep) are kept",
                events: told)
        }
        try context.store.markPublished(
            record.id, manifest: manifest, emittedAt: context.clock.timestamp,
            hookIsDue: !context.configuration.emit.onEmit.isEmpty, events: told)
        context.log.tell(
            .predictionPublished, nil,
            [
                "prediction": "\(record.id)", "step": "\(record.plan.targetStep)", "from": "\(record.fromStep)",
                "format": "\(record.plan.format.rawValue)", "path": "\(record.plan.path)",
            ])
    }

    /// A prediction that was withdrawn by a rewind gives its name to the one that the new trajectory makes.
    private func makeRoom(for record: PredictionRecord) throws {
        for other in try context.store.predictions(in: .withdrawn) where other.plan.path == record.plan.path {
            if try FileTree(calls: context.calls).status(of: other.plan.path) != nil {
                try AtomicPublisher(calls: context.calls).withdrawDirectory(at: other.plan.path)
            }
            try context.store.markRemoved(
                other.id, reason: "withdrawn, and replaced by a prediction of the new trajectory", events: told)
        }
    }

    /// A reason is told once, however often it is met.
    private func note(_ record: PredictionRecord, _ reason: String, mayPass: Bool) throws -> Failure {
        if !mayPass {
            try context.store.markFailed(record.id, reason: reason, events: told)
        } else if record.reason != reason {
            try context.store.postpone(record.id, reason: reason, events: told)
        }
        return Failure(id: record.id, reason: reason, mayPass: mayPass)
    }

    private func told(_ record: PredictionRecord) throws -> [NewEvent] {
        [try EventCoding.newEvent(.prediction(PredictionDocument(record)), context.clock)]
    }
}

extension EmissionSettings {
    init(_ configuration: RunConfiguration) {
        self.init(
            directory: configuration.emit.directory, dtype: OutputType(configuration.emit.elementType),
            otherTensors: configuration.emit.otherTensors == .latest ? .latest : .base, keep: configuration.emit.keep,
            watchedDirectory: configuration.run.watch, filesAtOnce: max(1, configuration.resources.threads / 2))
    }
}

extension EmissionSettings.OutputType {
    init(_ choice: OutputElementType) {
        switch choice {
        case .same: self = .same
        case .bfloat16: self = .bfloat16
        case .float32: self = .float32
        }
    }
}
