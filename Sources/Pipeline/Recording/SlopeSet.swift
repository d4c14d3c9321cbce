import Forecasting
import TrajectoryStore
import Vocabulary
import WeightUpdates

/// The slopes of all models in one module, and why some have none.
struct SlopeSet {
    private let slopes: [(registration: RegistrationID, slope: LowRankMatrix)]
    let abstentions: [ModelName: Abstention]

    init(of trajectory: ModuleTrajectory, _ models: [(model: any TrajectoryModel, registration: RegistrationID)]) {
        var slopes: [(RegistrationID, LowRankMatrix)] = []
        var abstentions: [ModelName: Abstention] = [:]
        for (model, registration) in models {
            do throws(Abstention) {
                slopes.append((registration, try model.slope(of: trajectory)))
            } catch {
                abstentions[model.name] = error
            }
        }
        self.slopes = slopes.filter { !$0.1.components.isEmpty }
        self.abstentions = abstentions
    }

    /// The closing pass, one for all: each slope becomes a set of directions with the place of this checkpoint along them.
    func directions(along update: any ObservedUpdate) -> [RegistrationID: [RegisteredDirection]] {
        var here = update.coordinates(along: slopes.flatMap(\.slope.components))[...]
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
