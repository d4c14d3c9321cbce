import Forecasting
import Synchronization
import TrajectoryStore
import Vocabulary
import WeightUpdates

/// Weights that are bit for bit those of the checkpoint before: their factor and their coordinates are in the store, and no pass
/// over them finds others (docs/decisions/0048-weights-that-repeat.md).
final class RepeatedWeights: Sendable {
    /// What the store knows of such a weight.
    struct Known: Sendable {
        let factor: UpdateFactor
        /// For every active registration with directions in the module; nil: the store has not all of them.
        let coordinates: [RegistrationID: ModuleCoordinates]?
    }

    private let store: TrajectoryDatabase
    private let modules: [Module]
    private let previous: TrainingStep?
    private let active: [RegistrationRecord]
    private let factoriser: UpdateFactoriser
    private let atPrevious = Mutex<CheckpointCoordinates?>(nil)

    /// - Parameters:
    ///   - previous: the step of the checkpoint before; nil: there is none.
    ///   - active: registrations whose directions the checkpoint's coordinates are asked along.
    ///   - factoriser: that would be asked for the factor.
    init(
        in store: TrajectoryDatabase, modules: [Module], previous: TrainingStep?, active: [RegistrationRecord],
        factoriser: UpdateFactoriser
    ) {
        self.store = store
        self.modules = modules
        self.previous = previous
        self.active = active
        self.factoriser = factoriser
    }

    /// Nil unless `stored` is of the checkpoint before and of a weight with this hash.
    ///
    /// Cost: a few small rows; once for a checkpoint, the coordinates of the one before.
    func known(of module: Module, contentHash: String, stored: StepFactor?) throws(StoreError) -> Known? {
        guard let stored, stored.step == previous, stored.contentHash == contentHash, isWhole(stored.factor, module)
        else { return nil }
        return Known(factor: stored.factor.repeated, coordinates: try coordinates(of: module, at: stored.step))
    }

    /// Whether the solver would find no more: another rank may have been configured since, and one that was stopped by its limit
    /// comes nearer when it starts from where it was.
    private func isWhole(_ factor: UpdateFactor, _ module: Module) -> Bool {
        guard factor.passes < factoriser.tolerances.mostPasses else { return false }
        return factor.isZero || factor.triplets.count == min(factoriser.rank, module.rows, module.columns)
    }

    private func coordinates(
        of module: Module, at step: TrainingStep
    ) throws(StoreError) -> [RegistrationID: ModuleCoordinates]? {
        let directions = try store.directionScalars(of: module.name, in: active.map(\.id))
        guard !directions.isEmpty else { return [:] }
        let earlier = try loaded(at: step)
        var result: [RegistrationID: ModuleCoordinates] = [:]
        for registration in active {
            guard let own = directions[registration.id] else { continue }
            let values =
                if registration.origin == step {
                    registration.isFromFactor ? nil : own.map(\.coordinateAtOrigin)
                } else {
                    earlier.values(of: module.name, in: registration.id, count: own.count)
                }
            guard let values else { return nil }
            result[registration.id] = ModuleCoordinates(
                module: module.name, rates: own.map(\.rate), atOrigin: own.map(\.coordinateAtOrigin), atTarget: values)
        }
        return result
    }

    /// With the first weight that repeats; the other threads wait for it.
    private func loaded(at step: TrainingStep) throws(StoreError) -> CheckpointCoordinates {
        try atPrevious.withLock { known throws(StoreError) in
            if let known { return known }
            let loaded = try CheckpointCoordinates(
                in: store, modules: modules, at: step, of: active.filter { $0.origin < step }.map(\.id))
            known = loaded
            return loaded
        }
    }
}

/// Where one recorded checkpoint lies along the directions of some registrations, module by module.
struct CheckpointCoordinates: Sendable {
    private let places: [TensorName: Int]
    /// The coordinates of each registration, and for each module where its own begin; -1: it has none.
    private let registrations: [RegistrationID: (values: [Double], starts: [Int32])]

    /// Cost: one read of 8 bytes for each direction, and one row for each module and registration.
    init(
        in store: TrajectoryDatabase, modules: [Module], at step: TrainingStep, of registrations: [RegistrationID]
    ) throws(StoreError) {
        let places = Dictionary(
            modules.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [RegistrationID: (values: [Double], starts: [Int32])] = [:]
        for id in registrations {
            guard let (coordinates, counts) = try store.coordinatesByModule(of: id, at: step),
                !coordinates.isFromFactor
            else { continue }
            var starts = [Int32](repeating: -1, count: modules.count)
            var next = 0
            for (module, count) in counts {
                if let place = places[module] { starts[place] = Int32(next) }
                next += count
            }
            found[id] = (coordinates.values, starts)
        }
        self.places = places
        self.registrations = found
    }

    /// Nil where the store has none: a checkpoint that came late was not held against later forecasts.
    func values(of module: TensorName, in registration: RegistrationID, count: Int) -> [Double]? {
        guard let place = places[module], let own = registrations[registration], own.starts[place] >= 0 else {
            return nil
        }
        let first = Int(own.starts[place])
        return Array(own.values[first..<first + count])
    }
}

extension UpdateFactor {
    /// The same, found without a pass.
    fileprivate var repeated: UpdateFactor {
        UpdateFactor(
            triplets: triplets, frobeniusNorm: frobeniusNorm, baseNorm: baseNorm, unchangedShare: unchangedShare,
            passes: 0)
    }
}
