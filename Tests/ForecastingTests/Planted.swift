import TestSupport
import Vocabulary

@testable import Forecasting

extension SeededGenerator {
    mutating func component(_ scale: Double, _ rows: Int, _ columns: Int) -> RankOneComponent {
        RankOneComponent(scale: scale, left: unitVector(rows), right: unitVector(columns))
    }
}

extension TrainingStep: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self.init(value) }
}

/// What a test needs of low-rank matrices, whole and small.
extension LowRankMatrix {
    static func + (a: LowRankMatrix, b: LowRankMatrix) -> LowRankMatrix { LowRankMatrix(a.components + b.components) }

    var norm: Double { max(0, InnerProduct.of(self, self)).squareRoot() }

    func distance(to other: LowRankMatrix) -> Double { (self + other.scaled(by: -1)).norm }
}

extension UpdateFactor {
    /// The factor of a whole update given as a sum of components, `rank` triplets of it.
    static func of(_ update: LowRankMatrix, rank: Int, baseNorm: Double = 1) throws -> UpdateFactor {
        let part = try LowRankSum.truncate([(weight: 1, matrix: update)], rank: rank)
        return UpdateFactor(
            triplets: part.components.map {
                SingularTriplet(sigma: $0.scale, left: $0.left, right: $0.right, residual: 0, hasConverged: true)
            }, frobeniusNorm: update.norm, baseNorm: baseNorm, unchangedShare: 0, passes: 1)
    }

    static let zero = UpdateFactor(triplets: [], frobeniusNorm: 0, baseNorm: 1, unchangedShare: 1, passes: 1)
}

/// A run whose updates are known: `updates[checkpoint][module]`, each a sum of components.
struct PlantedRun {
    static let rows = 24
    static let columns = 18
    var steps: [TrainingStep]
    var updates: [[LowRankMatrix]]

    static func module(_ index: Int) -> Module {
        Module(name: TensorName("module.\(index)"), rows: rows, columns: columns)
    }

    /// `modules` modules; the update of each is `law(t)` along its own fixed direction, plus fresh noise of the given
    /// norm (several components) in every checkpoint.
    static func moving(
        steps: [TrainingStep], modules: Int = 4, noise: Double = 0, seed: UInt64 = 1, law: (Double) -> Double
    ) -> PlantedRun {
        var generator = SeededGenerator(seed: seed)
        let directions = (0..<modules).map { _ in generator.component(1, rows, columns) }
        let updates = steps.map { step in
            directions.map { direction in
                let moved = RankOneComponent(
                    scale: law(Double(step.value)), left: direction.left, right: direction.right)
                let fresh = (0..<(noise > 0 ? 6 : 0)).map { _ in generator.component(noise / 2.449, rows, columns) }
                return LowRankMatrix((moved.scale != 0 ? [moved] : []) + fresh)
            }
        }
        return PlantedRun(steps: steps, updates: updates)
    }

    /// Every checkpoint moves by one unit in a fresh random direction.
    static func randomWalk(steps: [TrainingStep], modules: Int = 4, seed: UInt64) -> PlantedRun {
        var generator = SeededGenerator(seed: seed)
        var positions = (0..<modules).map { _ in LowRankMatrix.zero }
        let updates = steps.map { _ in
            for k in positions.indices {
                positions[k] = positions[k] + LowRankMatrix([generator.component(1, rows, columns)])
            }
            return positions
        }
        return PlantedRun(steps: steps, updates: updates)
    }
}

/// Goes through a run checkpoint by checkpoint as a daemon would: factors, backtests of the registered origins,
/// judgement, and a new origin.
struct Rehearsal {
    private(set) var judgements: [ModelJudgement] = []
    private(set) var pairs: [BacktestPair] = []
    private var trajectories: [ModuleTrajectory] = []
    private var slopes: [TrainingStep: [LowRankMatrix]] = [:]

    /// - Parameter fewest: how many checkpoints the model asks for.
    init(
        _ run: PlantedRun, model: some TrajectoryModel = TangentModel(), rank: Int = 4, fewest: Int = 3,
        settings: ConfidenceSettings = .init()
    ) throws {
        trajectories = run.updates[0].indices.map { ModuleTrajectory(module: PlantedRun.module($0)) }
        for (n, step) in run.steps.enumerated() {
            for k in trajectories.indices {
                trajectories[k].append(step: step, factor: try UpdateFactor.of(run.updates[n][k], rank: rank))
            }
            for (origin, slope) in slopes { pairs.append(pair(run, model, from: origin, slope, to: n)) }
            let recorded = Array(run.steps.prefix(n + 1))
            judgements.append(
                ConfidenceRule.judge(model: model.name, pairs: pairs, recorded: recorded, settings: settings))
            guard n + 1 >= fewest else { continue }
            slopes[step] = try trajectories.map(model.slope)
            for dropped in Origins.thin(registered: slopes.keys.sorted(), adding: step).drop { slopes[dropped] = nil }
        }
    }

    private func pair(
        _ run: PlantedRun, _ model: some TrajectoryModel, from origin: TrainingStep, _ slope: [LowRankMatrix], to n: Int
    ) -> BacktestPair {
        let o = run.steps.firstIndex(of: origin) ?? 0
        let coordinates = slope.indices.map { k in
            ModuleCoordinates(
                module: PlantedRun.module(k).name, rates: slope[k].components.map(\.scale),
                atOrigin: along(slope[k], run.updates[o][k]), atTarget: along(slope[k], run.updates[n][k]))
        }
        return CoordinateBacktest(
            model: model.name, rank: model.rank, origin: origin, target: run.steps[n], coordinates: coordinates
        ).pair
    }

    private func along(_ slope: LowRankMatrix, _ update: LowRankMatrix) -> [Double] {
        slope.components.map { component in
            InnerProduct.of(
                LowRankMatrix([RankOneComponent(scale: 1, left: component.left, right: component.right)]), update)
        }
    }
}

extension Rehearsal {
    /// Confidence after the newest checkpoint.
    func confidence(at ratio: Double) -> Double { judgements.last?.confidence(at: ratio) ?? 0 }
}

/// Steps 10, 20, ...
func everyTen(_ count: Int) -> [TrainingStep] { (1...count).map { TrainingStep($0 * 10) } }
