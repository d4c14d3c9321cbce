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
    /// One registration of this session for each model that may register; empty for a late checkpoint.
    let registering: [(model: any TrajectoryModel, registration: RegistrationID)]

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
        /// For every active registration with directions in this module.
        let coordinates: [RegistrationID: ModuleCoordinates]
        /// Why a model has no slope here.
        let abstentions: [ModelName: Abstention]
    }

    func record(_ module: Module) throws -> Outcome {
        let earlier = try observations(of: module)
        let observed = try reader.read(module, previous: earlier.last?.factor)
        let update = observed.update
        let coordinates = try coordinatesOfRegistered(in: update)
        let factor = try update.factor(
            by: factoriser, startingFrom: earlier.last { !$0.factor.isZero }?.factor, isCancelled: context.isCancelled)
        var trajectory = ModuleTrajectory(
            module: module, observations: earlier, reusing: try gramRows(of: module))
        let row = trajectory.append(step: session.step, factor: factor)
        let figures = TrajectoryFigures(of: trajectory)
        try stage(module, factor, row, figures)
        let abstentions = try registerSlopes(of: trajectory, along: update)
        context.progress.advance()
        context.log.tell(.moduleFactored, nil, ["module": "\(module.name)", "step": "\(session.step)"])
        return Outcome(
            module: module, identity: observed.identity, bytes: observed.bytes,
            figures: figures, halfway: HalfwayProducts(of: trajectory.gram),
            updateSquared: factor.frobeniusNorm * factor.frobeniusNorm,
            baseSquared: factor.baseNorm * factor.baseNorm, coordinates: coordinates, abstentions: abstentions)
    }

    private func observations(of module: Module) throws -> [Observation] {
        guard !history.isEmpty else { return [] }
        return try context.store.factors(of: module.name, at: history).map {
            Observation(step: $0.step, factor: $0.factor)
        }
    }

    private func gramRows(of module: Module) throws -> [GramRow] {
        guard !history.isEmpty else { return [] }
        return try context.store.gramRows(of: module.name, at: history)
    }

    /// Extra columns of the pass: where this checkpoint lies along what earlier ones predicted.
    private func coordinatesOfRegistered(in update: any ObservedUpdate) throws -> [RegistrationID: ModuleCoordinates] {
        let registered = try context.store.activeDirections(of: update.module.name).sorted { $0.key < $1.key }
        let all = update.coordinates(along: registered.flatMap { $0.value.map(\.direction) })
        var taken = 0
        var result: [RegistrationID: ModuleCoordinates] = [:]
        for (registration, directions) in registered {
            result[registration] = ModuleCoordinates(
                module: update.module.name, rates: directions.map(\.direction.scale),
                atOrigin: directions.map(\.coordinateAtOrigin),
                atTarget: Array(all[taken..<(taken + directions.count)]))
            taken += directions.count
        }
        return result
    }

    private func stage(
        _ module: Module, _ factor: UpdateFactor, _ row: GramRow, _ figures: TrajectoryFigures
    ) throws {
        let recording = ModuleRecording(
            module: module, factor: factor, gram: row, directionCosine: figures.directionCosine,
            linearityR2: figures.linearityR2)
        try context.store.stage(recording, in: session)
    }

    /// The closing pass: each model's slope becomes a set of directions with the place of this checkpoint along them.
    private func registerSlopes(
        of trajectory: ModuleTrajectory, along update: any ObservedUpdate
    ) throws -> [ModelName: Abstention] {
        var abstentions: [ModelName: Abstention] = [:]
        for (model, registration) in registering {
            let slope: LowRankMatrix
            do {
                slope = try model.slope(of: trajectory)
            } catch {
                abstentions[model.name] = error
                continue
            }
            guard !slope.components.isEmpty else { continue }
            let here = update.coordinates(along: slope.components)
            let directions = zip(slope.components, here).enumerated().map { index, pair in
                RegisteredDirection(component: index, direction: pair.0, coordinateAtOrigin: pair.1)
            }
            try context.store.stage(directions, of: update.module, for: registration, in: session)
        }
        return abstentions
    }
}
