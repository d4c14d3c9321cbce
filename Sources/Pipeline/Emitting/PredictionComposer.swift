import ConfigurationFile
import Forecasting
import TrajectoryStore
import Vocabulary

/// What a plan does to the weights of every tracked module.
struct ComposedPrediction: Sendable {
    /// Movement (anchored models) or whole update (the others) of each module; zero where a model abstains.
    let displacement: [TensorName: LowRankMatrix]
    /// Multiple of the whole update, all ranks, that is added to the base besides; 0 for most models.
    let updateMultiple: Double
    let sourceSteps: [PredictionProvenance.SourceStep]
    /// Modules that keep their last value because the model abstains there, with the first reason.
    let abstained: (count: Int, reason: String)?
}

/// Computes a plan's movement from the stored factors, one module at a time. The same store gives the same bits.
struct PredictionComposer: Sendable {
    let context: RunContext

    private struct Piece: Sendable {
        let module: TensorName
        var matrix = LowRankMatrix.zero
        var multiple = 0.0
        var weights: [Double] = []
        var abstention: Abstention?
    }

    func compose(_ plan: ForecastPlan) throws -> ComposedPrediction {
        let recorded = try context.store.recordedSteps().filter { $0 <= plan.from.step }
        let steps = WorkingSet.select(recorded)
        let applied = try applied(plan)
        let pieces = try WorkerThreads(width: context.configuration.resources.threads).map(context.base.modules) {
            try piece(of: plan, module: $0, steps: steps, applied)
        }
        let limit = plan.model.isDamped ? try movementLimit(of: pieces, plan) : 1
        let weights = pieces.first { !$0.weights.isEmpty }?.weights ?? []
        let abstained = pieces.filter { $0.abstention != nil }
        return ComposedPrediction(
            displacement: Dictionary(uniqueKeysWithValues: pieces.map { ($0.module, $0.matrix.scaled(by: limit)) }),
            updateMultiple: pieces.map(\.multiple).first { $0 != 0 } ?? 0,
            sourceSteps: zip(steps, weights).filter { $0.1 != 0 }.map {
                PredictionProvenance.SourceStep(step: $0.0, weight: $0.1)
            },
            abstained: abstained.first?.abstention.map { (abstained.count, $0.description) })
    }

    private func piece(
        of plan: ForecastPlan, module: Module, steps: [TrainingStep], _ applied: Applied
    ) throws -> Piece {
        context.progress.beat()
        let observations = try context.store.factors(of: module.name, at: steps).map {
            Observation(step: $0.step, factor: $0.factor)
        }
        let trajectory = ModuleTrajectory(
            module: module, observations: observations,
            reusing: try context.store.gramRows(of: module.name, at: steps), gramRank: ModelRegistry.gramRank)
        var piece = Piece(module: module.name)
        do throws(Abstention) {
            piece.weights = try plan.model.weights(of: trajectory, at: plan.target)
            switch try plan.model.whole(of: trajectory, at: plan.target) {
            case .lowRank(let matrix): piece.matrix = matrix
            case .scaledUpdate(let factor): piece.multiple = factor
            case .movement(let matrix): piece.matrix = matrix
            case nil:
                let distance = Double(plan.target.value - plan.from.step.value)
                piece.matrix = applied.movement(
                    along: try plan.model.slope(of: trajectory), of: module.name, distance: distance)
            }
        } catch {
            piece.abstention = error
        }
        return piece
    }
}

extension PredictionComposer {
    /// How much of a slope's movement is applied.
    private enum Applied: Sendable {
        case damped(Damping)
        case shrunk(Shrinkage)

        func movement(along slope: LowRankMatrix, of module: TensorName, distance: Double) -> LowRankMatrix {
            switch self {
            case .damped(let damping): damping.movement(along: slope, of: module, distance: distance)
            case .shrunk(let shrinkage): slope.scaled(by: distance * shrinkage.factor)
            }
        }
    }

    private func applied(_ plan: ForecastPlan) throws -> Applied {
        guard plan.model.isDamped else { return .shrunk(Shrinkage(at: plan.horizon, judgement: plan.judgement)) }
        let record = try DampingLoader(context: context, model: plan.model.name).record(at: plan.from.step)
        return .damped(record.damping(at: plan.horizon, drift: plan.drift))
    }

    /// At most 1: what keeps a damped movement within `Damping.largestRelativeMovement` of the base weights' norm.
    private func movementLimit(of pieces: [Piece], _ plan: ForecastPlan) throws -> Double {
        let base = try context.store.factorSummaries(at: plan.from.step).reduce(0) { $0 + $1.baseNorm * $1.baseNorm }
        let movement = pieces.reduce(0) { $0 + $1.matrix.components.reduce(0) { $0 + $1.scale * $1.scale } }
        guard base > 0, movement > 0 else { return 1 }
        return min(1, Damping.largestRelativeMovement(plan.drift) / (movement / base).squareRoot())
    }
}
