import Forecasting
import TrajectoryStore
import Vocabulary
import WeightUpdates

/// The slopes of all models in one module as they are registered, and why some have none.
struct SlopeSet {
    private let slopes: [(registration: RegistrationID, slope: LowRankMatrix)]
    let abstentions: [ModelName: Abstention]

    init(of trajectory: ModuleTrajectory, _ models: [(model: any TrajectoryModel, registration: RegistrationID)]) {
        var found: [(registration: RegistrationID, anchor: PredictionAnchor, slope: LowRankMatrix)] = []
        var abstentions: [ModelName: Abstention] = [:]
        for (model, registration) in models {
            do throws(Abstention) {
                found.append((registration, model.anchor, try model.slope(of: trajectory)))
            } catch {
                abstentions[model.name] = error
            }
        }
        found.removeAll { $0.slope.components.isEmpty }
        let compared = ComparedSlopes.among(found.map { ($0.anchor, $0.slope) })
        slopes = zip(found, compared).map { ($0.registration, $1) }
        self.abstentions = abstentions
    }

    /// The closing pass, one for all: each slope becomes a set of directions with the place of this checkpoint along them.
    func directions(along update: any ObservedUpdate) throws(UpdateError) -> [RegistrationID: [RegisteredDirection]] {
        var here = try update.coordinates(along: slopes.flatMap(\.slope.components))[...]
        var result: [RegistrationID: [RegisteredDirection]] = [:]
        for (registration, slope) in slopes {
            result[registration] = zip(slope.components, here).enumerated().map { index, pair in
                RegisteredDirection(component: index, direction: pair.0, coordinateAtOrigin: pair.1)
            }
            here = here.dropFirst(slope.components.count)
        }
        return result
    }
}
