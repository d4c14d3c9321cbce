import Checkpoints
import ConfigurationFile
import Emission
import Forecasting
import TrajectoryStore
import Vocabulary

/// What the adapter form of a plan has to hold, from the stored factors alone: no checkpoint needs to be left on disk.
/// Where the checkpoint is an adapter itself and still there, it is taken in all its ranks.
struct AdapterComposer: Sendable {
    let context: RunContext

    /// One update for each tracked module that moves or has moved (for all where none does), and the rank that they are
    /// written with: that of the stored factors, or of the run's own adapters where it is larger, so that a server that
    /// takes those takes this one; of the prediction itself where it is whole.
    ///
    /// - Parameter start: the checkpoint, where it is an adapter.
    func compose(
        _ plan: ForecastPlan, _ composed: ComposedPrediction, start: AdapterAnchor?
    ) throws -> (updates: [ModuleUpdate], rank: Int) {
        let multiple = plan.model.anchor == .checkpoint ? 1 : composed.updateMultiple
        let step = plan.from.step
        let origins = Set(
            try context.store.registrations(in: .active).filter { $0.origin == step && !$0.isFromFactor }.map(\.id))
        let all = try context.base.modules.map { module in
            let movement = composed.displacement[module.name] ?? .zero
            return ModuleUpdate(
                module: module, observed: multiple == 0 ? nil : try observed(module.name, step, start),
                multiple: multiple, movement: movement,
                overlap: multiple == 0 ? nil : try overlap(of: movement, module.name, origins))
        }
        let changed = all.filter { !($0.observed?.isZero ?? true) || !$0.movement.components.isEmpty }
        let updates = changed.isEmpty ? all : changed
        let components = updates.map(\.movement.components.count).max() ?? 0
        let rank = max(context.configuration.factors.rank, start?.placed.largestRank ?? 1)
        return (updates, multiple == 0 ? max(1, components) : rank)
    }

    private func observed(
        _ module: TensorName, _ step: TrainingStep, _ start: AdapterAnchor?
    ) throws -> UpdateFactor? {
        if let exact = try start?.update(of: module) { return exact }
        return try context.store.factors(of: module, at: [step]).first?.factor
    }

    /// `<D_n, movement>` with all ranks of `D_n`: the closing pass over the checkpoint measured it along the directions
    /// of each model's slope, which is what the movement is made of. Nil where one of them was not registered.
    private func overlap(
        of movement: LowRankMatrix, _ module: TensorName, _ origins: Set<RegistrationID>
    ) throws -> Double? {
        guard !movement.components.isEmpty else { return 0 }
        let known = try context.store.activeDirections(of: module).filter { origins.contains($0.key) }.flatMap(\.value)
        var sum = 0.0
        for component in movement.components {
            let found = known.first { $0.direction.left == component.left && $0.direction.right == component.right }
            guard let found else { return nil }
            sum += component.scale * found.coordinateAtOrigin
        }
        return sum
    }
}
