import Checkpoints
import Files
import Forecasting
import LogEvents
import Logging
import TrajectoryStore
import Vocabulary
import WeightUpdates

/// Everything that one checkpoint says about one module, computed while both matrices are in memory, so that each
/// weight is read once: coordinates along registered directions, the factor, the refit, and the closing pass for the
/// directions that the refit registers (method, sections 1, 2 and 4).
struct ModuleRecorder: Sendable {
    let context: RunContext
    let reader: any UpdateReader
    let session: RecordingSession
    let factoriser: UpdateFactoriser
    /// Recorded steps of the working set before this one, rising.
    let history: [TrainingStep]
    /// The same of all recorded steps: another one where the checkpoint is late.
    let workingSet: [TrainingStep]
    /// One registration of this session for each model that may register; empty for a late checkpoint.
    let registering: [(model: any TrajectoryModel, registration: RegistrationID)]
    /// Registrations of earlier checkpoints whose directions are extra columns, one group for each origin.
    let active: [[RegistrationID]]
    let repeats: RepeatedWeights
    /// For each module the one that the disk should work on meanwhile.
    let following: [TensorName: Module]
    let memory: ModuleMemory
    let timing: RecordingTiming

    /// What the judgement needs of one module.
    struct Outcome: Sendable {
        let module: Module
        let identity: ObservedModule.Identity
        let bytes: Int
        let figures: TrajectoryFigures
        /// Nil with fewer than 3 checkpoints.
        let halfway: HalfwayProducts?
        let updateSquared: Double
        let baseSquared: Double
        /// Of the entries, those that are bit for bit the base's, 0...1.
        let unchangedShare: Double
        /// Of the solver over the two matrices.
        let passes: Int
        /// Whether the weight is bit for bit that of the checkpoint before, and nothing was computed anew.
        let isRepeated: Bool
        /// For every active registration with directions in this module.
        let coordinates: [RegistrationID: ModuleCoordinates]
        /// Why a model has no slope here.
        let abstentions: [ModelName: Abstention]

        var entries: Double { Double(module.rows) * Double(module.columns) }
    }

    func record(_ module: Module) throws -> Outcome {
        let stored = try timing.measure(.vectors) { try factors(of: module) }
        let earlier = stored.map { Observation(step: $0.step, factor: $0.factor) }
        let observed = try timing.measure(.read) {
            try reader.read(module, previous: earlier.last?.factor, within: memory)
        }
        defer { observed.finish() }
        following[module.name].map(reader.prefetch)
        let update = observed.update
        let contentHash = observed.identity.fingerprint(of: module)
        let known = try timing.measure(.vectors) {
            try repeats.known(of: module, contentHash: contentHash, stored: stored.last)
        }
        if known != nil, context.isCancelled() { throw UpdateError.cancelled(module: module.name) }
        let coordinates = try known?.coordinates ?? coordinatesOfRegistered(in: update)
        let factor = try known?.factor ?? factor(of: update, after: earlier)
        let rows = try timing.measure(.vectors) { try gramRows(of: module) }
        let (trajectory, row, figures, halfway) = timing.measure(.refit) {
            var trajectory = ModuleTrajectory(
                module: module, observations: earlier, reusing: rows, gramRank: ModelRegistry.gramRank)
            let row = trajectory.append(step: session.step, factor: factor)
            return (trajectory, row, TrajectoryFigures(of: trajectory), HalfwayProducts(of: trajectory))
        }
        let slopes = timing.measure(.refit) { SlopeSet(of: trajectory, registering) }
        let directions = try timing.measure(.closing) { try slopes.directions(along: update) }
        let recording = ModuleRecording(
            module: module, factor: factor, contentHash: contentHash, gram: row,
            rebuilt: trajectory.rebuilt.filter { workingSet.contains($0.step) },
            directionCosine: figures.directionCosine, linearityR2: figures.linearityR2)
        try timing.measure(.store) { try context.store.stage(recording, registering: directions, in: session) }
        context.progress.advance()
        context.log.tell(.moduleFactored, nil, ["module": "\(module.name)", "step": "\(session.step)"])
        return Outcome(
            module: module, identity: observed.identity, bytes: observed.bytes,
            figures: figures, halfway: halfway,
            updateSquared: factor.frobeniusNorm * factor.frobeniusNorm,
            baseSquared: factor.baseNorm * factor.baseNorm, unchangedShare: factor.unchangedShare,
            passes: factor.passes, isRepeated: known != nil,
            coordinates: coordinates, abstentions: slopes.abstentions)
    }

    private func factors(of module: Module) throws -> [StepFactor] {
        guard !history.isEmpty else { return [] }
        return try context.store.factors(of: module.name, at: history)
    }

    private func factor(of update: any ObservedUpdate, after earlier: [Observation]) throws -> UpdateFactor {
        try timing.measure(.factor) {
            try update.factor(
                by: factoriser, startingFrom: earlier.last { !$0.factor.isZero }?.factor,
                isCancelled: context.isCancelled)
        }
    }

    private func gramRows(of module: Module) throws -> [GramRow] {
        guard !history.isEmpty else { return [] }
        return try context.store.gramRows(of: module.name, at: history)
    }

    /// Extra columns of the pass: where this checkpoint lies along what earlier ones predicted.
    private func coordinatesOfRegistered(in update: any ObservedUpdate) throws -> [RegistrationID: ModuleCoordinates] {
        let registered = try timing.measure(.vectors) {
            try context.store.directions(of: update.module.name, in: active.flatMap { $0 })
        }
        let groups = active.map { $0.filter { registered[$0] != nil } }
        let all = try timing.measure(.coordinates) {
            try update.coordinates(along: groups.map { $0.flatMap { (registered[$0] ?? []).map(\.direction) } })
        }
        var result: [RegistrationID: ModuleCoordinates] = [:]
        for (group, coordinates) in zip(groups, all) {
            var left = coordinates[...]
            for registration in group {
                let directions = registered[registration] ?? []
                result[registration] = ModuleCoordinates(
                    module: update.module.name, rates: directions.map(\.direction.scale),
                    atOrigin: directions.map(\.coordinateAtOrigin), atTarget: Array(left.prefix(directions.count)))
                left = left.dropFirst(directions.count)
            }
        }
        return result
    }
}
