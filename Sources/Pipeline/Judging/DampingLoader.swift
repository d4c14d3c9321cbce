import Forecasting
import TrajectoryStore
import Vocabulary

/// Rebuilds from the store what a damped model knew of itself at any checkpoint, so that a past forecast is held to what
/// it would have said then, and a new one is made from the same numbers after a restart.
struct DampingLoader: Sendable {
    let context: RunContext
    let model: ModelName

    /// The record as it was when `step` was the newest checkpoint.
    func record(at step: TrainingStep) throws -> DampingRecord {
        let recorded = try context.store.recordedSteps().filter { $0 <= step }
        let targets = Array(recorded.suffix(ConfidenceSettings.newestTargets))
        let tests = try context.store.backtests(targets: targets).filter { $0.model == model }
        let registrations = Dictionary(grouping: tests, by: \.backtest.registration)
        let forecasts = try registrations.sorted { $0.key < $1.key }.flatMap { registration, tests in
            try self.forecasts(of: registration, from: tests[0].origin, at: targets)
        }
        return DampingRecord(forecasts, recorded: recorded)
    }

    private func forecasts(
        of registration: RegistrationID, from origin: TrainingStep, at targets: [TrainingStep]
    ) throws -> [PastForecast] {
        let directions = try context.store.directionScalars(of: registration)
        let later = targets.filter { $0 > origin }
        return try context.store.coordinates(of: registration, at: later).map { step, coordinates in
            PastForecast(
                origin: origin, target: step, modules: try modules(directions, coordinates, registration))
        }
    }

    /// Directions and coordinates come in the same order: by module name, then by component.
    private func modules(
        _ directions: [DirectionScalars], _ coordinates: CoordinatesRecord, _ registration: RegistrationID
    ) throws -> [ModuleCoordinates] {
        precondition(
            directions.count == coordinates.values.count,
            "Registration \(registration) has \(directions.count) directions and \(coordinates.values.count) coordinates."
        )
        var modules: [ModuleCoordinates] = []
        var first = 0
        while first < directions.count {
            let name = directions[first].module
            var end = first
            while end < directions.count && directions[end].module == name { end += 1 }
            let own = directions[first..<end]
            modules.append(
                ModuleCoordinates(
                    module: name, rates: own.map(\.rate), atOrigin: own.map(\.coordinateAtOrigin),
                    atTarget: Array(coordinates.values[first..<end])))
            first = end
        }
        return modules
    }
}
