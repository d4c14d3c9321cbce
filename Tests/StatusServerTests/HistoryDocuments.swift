import StatusAPI
import Vocabulary

/// What a run that was watched for a while answers, step by step.
extension Documents {
    static let history = RunHistory(
        threshold: 0.5,
        verdicts: [
            VerdictDocument(
                step: TrainingStep(110), model: nil, targetStep: nil, horizon: nil, provenHorizon: nil, confidence: 0,
                skill: nil, realised: nil, ready: false, reason: "5 checkpoints are recorded, 6 are needed",
                emitted: false, energyShare: 0.3, directionCosine: nil, linearityR2: nil, relativeUpdateNorm: 0.001),
            VerdictDocument(
                step: TrainingStep(120), model: "tangent", targetStep: TrainingStep(240), horizon: 2,
                provenHorizon: 2, confidence: 0.64, skill: 0.71, realised: 0.9, ready: true,
                reason: "2 checkpoints in a row at or above 0.50", emitted: true, energyShare: 0.36,
                directionCosine: 0.99, linearityR2: 0.93, relativeUpdateNorm: 0.0012),
        ])

    static let measurements = RunMeasurements(
        accuracy: MeasuredSeries(
            source: "trainer_state: eval_accuracy", points: [.init(step: TrainingStep(120), value: 0.41)]),
        reward: .none)

    static let backtests = BacktestList(backtests: [
        BacktestDocument(
            model: "tangent", originStep: TrainingStep(60), targetStep: TrainingStep(120), ratio: 2, skill: 0.71,
            realised: 0.9),
        BacktestDocument(
            model: "line", originStep: TrainingStep(60), targetStep: TrainingStep(120), ratio: 2, skill: nil,
            realised: nil),
    ])

    static let module = ModuleHistory(
        name: modules.modules[0].name, shape: [4096, 4096],
        steps: [
            ModuleStep(
                step: TrainingStep(110), sigmas: [], norm: 0, energyShare: nil, directionCosine: nil, linearityR2: nil,
                unchangedShare: 1),
            ModuleStep(
                step: TrainingStep(120), sigmas: [0.5, 0.1], norm: 1, energyShare: 0.25, directionCosine: 0.99,
                linearityR2: 0.9, unchangedShare: 0.66),
        ],
        path: ModulePath(
            points: [
                .init(step: TrainingStep(110), coefficient: 0, x: nil, y: nil),
                .init(step: TrainingStep(115), coefficient: 0.3, x: -0.1, y: 0.01),
                .init(step: TrainingStep(120), coefficient: 0.5, x: 0.1, y: -0.01),
            ], slope: 0.05, intercept: -5.5, r2: 0.98, explained: [0.97, 0.02]))

    static let stillModule = ModuleHistory(name: "a.weight", shape: [2, 2], steps: [], path: nil)
}
