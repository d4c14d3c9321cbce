import Forecasting
import StatusAPI
import TrajectoryStore
import Vocabulary

/// `/v1/modules`: each module at one step.
struct ModuleAssembly: Sendable {
    let store: TrajectoryDatabase

    func modules(at asked: TrainingStep?, order: ModuleOrder) throws -> ModuleList {
        let recorded = try store.recordedSteps()
        guard let step = asked ?? recorded.last else { return ModuleList(step: nil, modules: []) }
        guard recorded.contains(step) else {
            let range = recorded.isEmpty ? "none is" : "steps \(recorded[0]) to \(recorded[recorded.count - 1]) are"
            throw StatusRefusal.notFound("step \(step) is not recorded (\(range)); GET /v1/checkpoints lists them")
        }
        let errors = try backtestErrors(at: step)
        let modules = try store.factorSummaries(at: step).map { summary in
            ModuleDocument(summary, backtestError: errors[summary.module.name])
        }
        return ModuleList(step: step, modules: order.sorted(modules))
    }

    /// The error of the newest test at or before `step` of the chosen model on each module alone.
    private func backtestErrors(at step: TrainingStep) throws -> [TensorName: Double] {
        let model = ModelRegistry.anchored.map(\.name).last { $0 != ModelRegistry.baseline.name }
        let tests = try store.backtests(targets: [step]).filter { $0.model == model }
        guard let newest = tests.max(by: { $0.origin < $1.origin }) else { return [:] }
        let scalars = try store.directionScalars(of: newest.backtest.registration)
        guard
            let there = try store.coordinates(of: newest.backtest.registration).first(where: { $0.step == step }
            ),
            there.coordinates.values.count == scalars.count
        else { return [:] }
        let elapsed = Double(newest.target.value - newest.origin.value)
        var sums: [TensorName: BacktestSums] = [:]
        for (direction, value) in zip(scalars, there.coordinates.values) {
            sums[direction.module, default: .zero] =
                sums[direction.module, default: .zero]
                + BacktestSums(
                    actual: value - direction.coordinateAtOrigin, predicted: elapsed * direction.rate)
        }
        return sums.compactMapValues { $0.skill.map { 1 - $0 } }
    }
}

extension ModuleDocument {
    init(_ summary: FactorSummary, backtestError: Double?) {
        self.init(
            name: summary.module.name, shape: [summary.module.rows, summary.module.columns], sigma: summary.sigma,
            norm: summary.frobeniusNorm,
            relativeNorm: summary.baseNorm > 0 ? summary.frobeniusNorm / summary.baseNorm : nil,
            energyShare: summary.energyShare, directionCosine: summary.directionCosine,
            linearityR2: summary.linearityR2, backtestError: backtestError, unchangedShare: summary.unchangedShare)
    }
}
