import Checkpoints
import TestSupport
import Vocabulary
import WeightUpdates

@testable import Forecasting

/// The example run from its files to judgements, one checkpoint after another as a daemon goes: factors by the solver,
/// slopes of `tangent` registered at every checkpoint from the third on, thinned to 8.
struct ExampleWalk: Sendable {
    private struct Registered {
        let slope: LowRankMatrix
        let coordinates: [Double]
    }

    private(set) var trajectories: [TensorName: ModuleTrajectory] = [:]
    private(set) var pairs: [BacktestPair] = []
    private(set) var judgements: [ModelJudgement] = []

    /// Made once; takes seconds in a debug build.
    static let shared = Result<ExampleWalk, any Error> { try ExampleWalk(modules: RunReference.load().modules) }

    private init(modules: [TensorName]) throws {
        let model = TangentModel()
        let base = try CheckpointReader.open(directory: ExampleRun.base())
        var registered: [TrainingStep: [TensorName: Registered]] = [:]
        for (n, number) in ExampleRun.steps.enumerated() {
            let step = TrainingStep(number)
            let source = try CheckpointReader.open(directory: ExampleRun.checkpoint(number))
            var updates: [TensorName: UpdateMatrix] = [:]
            for name in modules {
                let update = try Self.update(of: name, from: base, to: source)
                try record(update, at: step)
                updates[name] = update
            }
            for origin in registered.keys.sorted() {
                pairs.append(try Self.pair(model, from: origin, registered[origin] ?? [:], to: step, updates))
            }
            let recorded = ExampleRun.steps.prefix(n + 1).map { TrainingStep($0) }
            judgements.append(ConfidenceRule.judge(model: model.name, pairs: pairs, recorded: recorded))
            guard n >= 2 else { continue }
            registered[step] = try register(model, updates)
            for gone in Origins.thin(registered: registered.keys.sorted(), adding: step).drop { registered[gone] = nil }
        }
    }

    private static func update(
        of name: TensorName, from base: any TensorSource, to source: any TensorSource
    ) throws -> UpdateMatrix {
        let shape = source.description(of: name)?.shape.dimensions ?? []
        let module = Module(name: name, rows: shape[0], columns: shape[1])
        return UpdateMatrix(module: module, base: try base.read(name), checkpoint: try source.read(name))
    }

    private mutating func record(_ update: UpdateMatrix, at step: TrainingStep) throws {
        var trajectory = trajectories[update.module.name] ?? ModuleTrajectory(module: update.module)
        let factor = try UpdateFactoriser(rank: 4).factor(of: update, startingFrom: trajectory.last?.factor)
        trajectory.append(step: step, factor: factor)
        trajectories[update.module.name] = trajectory
    }

    private func register(
        _ model: TangentModel, _ updates: [TensorName: UpdateMatrix]
    ) throws -> [TensorName: Registered] {
        var found: [TensorName: Registered] = [:]
        for (name, trajectory) in trajectories {
            let slope = try model.slope(of: trajectory)
            let coordinates = try updates[name]?.coordinates(along: slope.components) ?? []
            found[name] = Registered(slope: slope, coordinates: coordinates)
        }
        return found
    }

    private static func pair(
        _ model: TangentModel, from origin: TrainingStep, _ registered: [TensorName: Registered],
        to target: TrainingStep, _ updates: [TensorName: UpdateMatrix]
    ) throws -> BacktestPair {
        let coordinates = try registered.sorted { $0.key < $1.key }.map { name, known in
            ModuleCoordinates(
                module: name, rates: known.slope.components.map(\.scale), atOrigin: known.coordinates,
                atTarget: try updates[name]?.coordinates(along: known.slope.components) ?? [])
        }
        return CoordinateBacktest(
            model: model.name, rank: model.rank, origin: origin, target: target, coordinates: coordinates
        ).pair
    }
}
